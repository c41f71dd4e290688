"""Look at the gVCFs that a joint call's list names, and at its list of QC files, before anything
is submitted.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from seqstack.domain.checked_run import CheckedRun
from seqstack.domain.errors import Problem
from seqstack.domain.gvcf_list import ListedGvcf, read_list
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.qc_list import read_qc_list
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import MAX_LIST_BYTES
from seqstack.use_cases.ports import FindObjects, ReadWhole

_KEY, _QC_KEY = "gvcfsS3Path", "qcFilesS3Path"
_PATH, _QC_PATH = f"$.{_KEY}", f"$.{_QC_KEY}"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class GvcfsLook:
    """What was found of a list's gVCFs.

    Attributes:
        problems: what is wrong.
        sizes: the list, with the bytes of all that it lists.
        samples: how many samples it lists.
    """

    problems: tuple[Problem, ...] = ()
    sizes: Mapping[S3Uri, int] = field(default_factory=dict)
    samples: int = 0


def look_at_gvcfs(
    checked: CheckedRun, found: ObjectsFound, read_whole: ReadWhole, find_objects: FindObjects
) -> GvcfsLook:
    """Look at every gVCF of the list of `$.gvcfsS3Path`, if the input has one."""
    if _KEY not in checked.sound:
        return GvcfsLook()
    uri = S3Uri.parse(checked.sound[_KEY])
    if uri not in found.sizes:  # it is reported already
        return GvcfsLook()
    answer = read_whole(uri, MAX_LIST_BYTES)
    if isinstance(answer, str):
        return GvcfsLook((Problem(_PATH, f"{uri} {answer}"),))
    listed, wrong = read_list(answer[0].decode("utf-8", "replace"))
    if not wrong:
        wrong = list(_objects(listed, find_objects))
    problems = [
        *_shown(_PATH, uri, wrong),
        *_qc_problems(checked, found, read_whole, {each.sample_id for each in listed}),
    ]
    return GvcfsLook(tuple(problems), {uri: sum(each.size for each in listed)}, len(listed))


def _shown(path: str, uri: S3Uri, wrong: Sequence[str]) -> Iterator[Problem]:
    for each in wrong[:_SHOWN]:
        yield Problem(path, f"{uri}: {each}")
    if len(wrong) > _SHOWN:
        yield Problem(path, f"{uri}: and {len(wrong) - _SHOWN} more")


def _qc_problems(
    checked: CheckedRun, found: ObjectsFound, read_whole: ReadWhole, samples: Set[str]
) -> Iterator[Problem]:
    """Check that the list of QC files, if there is one, has the same samples.

    The job looks at the files themselves: a large cohort has too many for the time of a function.
    """
    if _QC_KEY not in checked.sound:
        return
    uri = S3Uri.parse(checked.sound[_QC_KEY])
    if uri not in found.sizes:  # it is reported already
        return
    answer = read_whole(uri, MAX_LIST_BYTES)
    if isinstance(answer, str):
        yield Problem(_QC_PATH, f"{uri} {answer}")
        return
    listed, wrong = read_qc_list(answer[0].decode("utf-8", "replace"))
    if not wrong:
        names = {each.sample_id for each in listed}
        wrong = [f"{name} is in {_KEY}, and not here" for name in sorted(samples - names)]
        wrong += [f"{name} is not in {_KEY}" for name in sorted(names - samples)]
        wrong += [
            f"{each.results} of {each.sample_id} is in another bucket than the list"
            for each in listed
            if each.results.bucket != uri.bucket
        ]
    yield from _shown(_QC_PATH, uri, wrong)


def _objects(listed: Sequence[ListedGvcf], find_objects: FindObjects) -> Iterator[str]:
    now = find_objects(uri for each in listed for uri in (each.uri, each.index))
    for each in listed:
        for uri in (each.uri, each.index):
            if uri in now.wrong:
                yield f"{uri} of {each.sample_id} {now.wrong[uri]}"
            elif region := now.regions.get(uri.bucket):
                yield f"{uri} of {each.sample_id} is in {region}: copy it to this region"
        if each.uri in now.sizes and now.identities[each.uri] != each.identity:
            yield f"{each.uri} of {each.sample_id} has changed since it was listed"
