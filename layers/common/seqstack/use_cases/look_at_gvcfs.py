"""Look at the gVCFs that a joint call's list names before anything is submitted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seqstack.domain.checked_run import CheckedRun
from seqstack.domain.errors import Problem
from seqstack.domain.gvcf_list import MAX_LIST_BYTES, ListedGvcf, read_list
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.s3uri import S3Uri
from seqstack.use_cases.ports import FindObjects, ReadWhole

_KEY = "gvcfsS3Path"
_PATH = f"$.{_KEY}"
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
    problems = [Problem(_PATH, f"{uri}: {each}") for each in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        problems.append(Problem(_PATH, f"{uri}: and {len(wrong) - _SHOWN} more"))
    return GvcfsLook(tuple(problems), {uri: sum(each.size for each in listed)}, len(listed))


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
