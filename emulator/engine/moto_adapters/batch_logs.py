"""CloudWatch Logs for jobs: output goes straight into moto's backend, which is in this process."""

import time
from collections.abc import Sequence

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import logs_backends

from emulator.engine.batch import container as containers
from emulator.engine.batch.job import Job
from emulator.engine.batch.logs import NoLogs, WriteLines
from emulator.engine.batch.runner import CannotStartError


class MotoLogs:
    """Stores jobs' output in their log groups, as Docker's awslogs driver does."""

    def open(self, job: Job) -> WriteLines:
        """Make the stream of a job's current attempt and return what writes lines to it.

        Raises `CannotStartError`, as ECS does, if the group does not exist, unless it is Batch's
        own or `awslogs-create-group` is set.
        """
        group = containers.log_group_of(job.container)
        if group is None or job.task is None:
            return NoLogs().open(job)
        stream = job.task.log_stream
        backend = logs_backends[job.submission.account][job.submission.region]
        if containers.creates_log_group(job.container):
            backend.ensure_log_group(group)
        try:
            backend.ensure_log_stream(group, stream)
        except ResourceNotFoundException as error:
            raise CannotStartError(
                "CannotStartContainerError: failed to create Cloudwatch log stream: "
                f"ResourceNotFoundException: log group {group} does not exist"
            ) from error

        def write(lines: Sequence[str]) -> None:
            now = time.time_ns() // 1_000_000
            events = [{"timestamp": now, "message": line} for line in lines]
            try:
                backend.put_log_events(group, stream, events)
            except ResourceNotFoundException:
                return  # the group was deleted meanwhile; awslogs then drops lines too

        return write
