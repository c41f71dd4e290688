"""Adaptations where moto 5.2.5 lacks something or differs from AWS, one module for each service.

Each adaptation says why it exists; `tests/integration/emulator/test_moto_needs.py` has a test for
each that fails when moto no longer needs it.
"""

from emulator.engine import data_files, machine_images, moto_imports

data_files.read_once()
data_files.inspect_once()
moto_imports.import_ec2()
moto_imports.import_apigateway()
machine_images.load_when_read()
