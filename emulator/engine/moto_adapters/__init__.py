"""What moto 5.2.5 lacks or does otherwise than AWS, one module a service.

Each adaptation says why it exists; `tests/integration/emulator/test_moto_needs.py` has a test for
each that fails when moto no longer needs it.
"""
