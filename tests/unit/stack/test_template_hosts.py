"""What a host of jobs is launched as: its disks, its user data, and what jobs may expect of it."""

import email
import json
from importlib.resources import files

import pytest
import yaml
from moto.ec2.models.instance_types import INSTANCE_TYPES

from emulator.engine.parameters import ParameterError, check_parameters
from scripts import cfn_values
from scripts.user_data import (
    HOSTS,
    INSTALLED,
    LOG_GROUP,
    PART,
    SCRIPT,
    included_part,
    installer,
    without_comments,
)

GIB = 1 << 30
FAMILIES = {
    "x86": ("c6id", "m6id", "r6id", "c8id", "m8id", "r8id"),
    "arm64": tuple(f"{kind}{generation}gd" for generation in (7, 8, 9) for kind in "cmr"),
}
NEEDS_A_CHOICE = ["choose-InstanceTypes"]  # no type of EC2's, so that Batch refuses it
TYPES = "data/schemas/extensions/aws_ec2_instance/instancetype_enum.json"
CHINA = {
    "AWS::Partition": "aws-cn",
    "AWS::Region": "cn-north-1",
    "AWS::URLSuffix": "amazonaws.com.cn",
}
# Instance-store GB by size, the same for c6id, m6id and r6id, and vCPUs:
# https://docs.aws.amazon.com/ec2/latest/instancetypes/co.html#co_instance-store
LOCAL_DISKS = {
    "large": (2, [118]),
    "xlarge": (4, [237]),
    "2xlarge": (8, [474]),
    "4xlarge": (16, [950]),
    "8xlarge": (32, [1900]),
    "12xlarge": (48, [1425, 1425]),
    "16xlarge": (64, [1900, 1900]),
    "24xlarge": (96, [1425] * 4),
    "32xlarge": (128, [1900] * 4),
}
# GRCh38 with bwa's index and snpEff's genes (9 GiB), Isaac's copy (3), all tools' images (3)
BESIDE_SCRATCH_GIB = 15
OF_XFS = 0.99  # what its log and its own tables leave


@pytest.fixture
def host(deployed):
    return deployed()["HostLaunchTemplate"]["Properties"]["LaunchTemplateData"]


def test_host_keeps_its_credentials_to_itself(host):
    assert host["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


@pytest.mark.parametrize(("given", "volumes"), [("0", ["/dev/xvda"]), ("720", ["/dev/xvdcz"])])
def test_host_encrypts_its_disks_and_leaves_none_behind(deployed, given, volumes):
    host = deployed(ScratchVolumeGiB=given)["HostLaunchTemplate"]["Properties"]
    mappings = host["LaunchTemplateData"]["BlockDeviceMappings"]
    disks = {mapping["DeviceName"]: mapping["Ebs"] for mapping in mappings}

    assert set(disks) == {"/dev/xvda", *volumes}
    for disk in disks.values():
        assert disk["Encrypted"] is True
        assert disk["DeleteOnTermination"] is True
        assert disk["VolumeType"] == "gp3"
    # the volume of the AMI has 30 GiB, and can't be made smaller
    assert int(disks["/dev/xvda"]["VolumeSize"]) >= 30
    if given != "0":
        assert disks["/dev/xvdcz"]["VolumeSize"] == given


def test_host_runs_the_installer_then_exactly_the_script_before_docker_starts(host):
    # a boothook runs at every boot, in the init stage:
    # https://cloudinit.readthedocs.io/en/latest/explanation/format.html
    message = email.message_from_string(host["UserData"])

    assert message.get_content_type() == "multipart/mixed"
    parts = message.get_payload()
    assert [part.get_content_type() for part in parts] == ["text/cloud-boothook"] * 2
    assert [part.get_payload().rstrip("\n") for part in parts] == [
        script.rstrip("\n")
        for script in (
            installer(),
            without_comments(SCRIPT.read_text()).replace(LOG_GROUP, "/seqstack/dev/jobs"),
        )
    ]


def test_service_runs_the_installed_program_for_the_folder_that_jobs_mount():
    unit = (HOSTS / "seqstack-references.service").read_text()
    program = INSTALLED[HOSTS / "keep_references.py"]

    assert f"\nExecStart=/usr/bin/python3 -I {program} /scratch/references\n" in unit
    assert "\nReadWritePaths=/scratch/references\n" in unit
    assert "\nRestart=always\n" in unit
    assert "systemctl start --no-block seqstack-references.service" in SCRIPT.read_text()


def test_user_data_is_what_the_files_make():
    assert PART.read_text() == included_part()
    assert yaml.safe_load(PART.read_text()).keys() == {"Fn::Base64"}


def test_user_data_is_ascii_and_leaves_room_for_batchs_own(host):
    # EC2 takes 16 KB before encoding; Batch joins its own part, of less than one
    assert len(host["UserData"].encode("ascii")) < 15 * 1024


def test_host_makes_what_jobs_mount(resources):
    script = SCRIPT.read_text()
    volumes = {
        volume["Host"]["SourcePath"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Batch::JobDefinition"
        for volume in resource["Properties"]["ContainerProperties"]["Volumes"]
        if "Host" in volume
    }

    assert volumes == {"/scratch/references"}
    assert "readonly scratch=/scratch " in script
    assert 'install --directory --mode 0755 "$scratch/references"' in script


@pytest.mark.parametrize("size", LOCAL_DISKS)
def test_every_size_of_the_default_families_has_the_disk_that_its_vcpus_promise(template, size):
    parameters = template["Parameters"]
    vcpus, disks = LOCAL_DISKS[size]
    striped = len(disks) * min(disks) * 1e9 / GIB

    promised = vcpus * parameters["ScratchGiBPerVcpu"]["Default"]

    assert promised <= striped * OF_XFS - BESIDE_SCRATCH_GIB


def test_a_job_with_the_most_scratch_fits_a_host_of_the_default_families(template):
    parameters = template["Parameters"]
    most = parameters["MaxScratchGiB"]["Default"]
    vcpus = most / parameters["ScratchGiBPerVcpu"]["Default"]

    assert vcpus <= LOCAL_DISKS["32xlarge"][0]
    # and both kinds of capacity may have as many vCPUs at one time
    for name in ("MaxSpotVcpus", "MaxOnDemandVcpus"):
        assert vcpus <= parameters[name]["Default"]


def test_default_families_are_those_that_each_region_has(template):
    # cfn-lint's list of types by region is AWS's price list
    regions = json.loads(files("cfnlint").joinpath(TYPES).read_text())
    offered = {
        region: {
            architecture: [each for each in families if f"{each}.large" in types["enum"]]
            for architecture, families in FAMILIES.items()
        }
        for region, types in regions.items()
        if isinstance(types, dict) and region != "all"
    }

    # CloudFormation may look up what is not chosen, too
    assert template["Mappings"]["HostFamilies"] == {
        region: {architecture: found or NEEDS_A_CHOICE for architecture, found in rows.items()}
        for region, rows in offered.items()
    }


def test_default_families_have_the_same_disk_for_each_vcpu():
    # moto has what DescribeInstanceTypes answered
    for family in (*FAMILIES["x86"], *FAMILIES["arm64"]):
        for size, (vcpus, disks) in LOCAL_DISKS.items():
            if (shape := INSTANCE_TYPES.get(f"{family}.{size}")) is not None:
                assert shape["InstanceStorageInfo"]["TotalSizeInGB"] == sum(disks)
                assert shape["VCpuInfo"]["DefaultVCpus"] == vcpus


@pytest.mark.parametrize(
    ("given", "types"),
    [
        ("", FAMILIES["x86"]),
        ("arm64", FAMILIES["arm64"]),
        ("i4i,c5d.4xlarge", ["i4i", "c5d.4xlarge"]),
        ("c8gd,m8gd.4xlarge", ["c8gd", "m8gd.4xlarge"]),
    ],
)
def test_hosts_have_the_given_types_or_the_default_ones(deployed, given, types):
    for name in ("SpotComputeEnvironment", "OnDemandComputeEnvironment"):
        hosts = deployed(InstanceTypes=given)[name]["Properties"]["ComputeResources"]
        assert hosts["InstanceTypes"] == list(types)


def test_region_without_default_families_needs_a_choice(template):
    assert template["Parameters"]["InstanceTypes"]["Default"] == ""
    assert template["Mappings"]["HostFamilies"]["ap-east-1"]["x86"] == NEEDS_A_CHOICE
    with pytest.raises(ParameterError, match="InstanceTypes"):
        check_parameters(template, {"InstanceTypes": NEEDS_A_CHOICE[0]})


@pytest.mark.parametrize("types", ["optimal", "C6ID", "c6id m6id", "6id"])
def test_what_is_no_type_or_family_is_refused(template, types):
    with pytest.raises(ParameterError, match="InstanceTypes"):
        check_parameters(template, {"InstanceTypes": f"c6id,{types}"})


@pytest.mark.parametrize(
    "types", ["", "c6id", "c8id,m8id.large", "c7i-flex", "i7ie", "g4dn", "u-6tb1"]
)
def test_types_of_x86_64_are_taken(template, types):
    check_parameters(template, {"InstanceTypes": types})


def test_hosts_in_china_get_their_role_and_reach_the_registry_by_its_name_there(
    deployed, monkeypatch
):
    here = deployed(Network="private")
    for name, value in CHINA.items():
        monkeypatch.setitem(cfn_values._PSEUDO, name, value)
    there = deployed(Network="private")

    def principal(resources):
        (statement,) = resources["HostRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        return statement["Principal"]["Service"]

    def services(resources):
        return {
            resource["Properties"]["ServiceName"]
            for resource in resources.values()
            if resource["Type"] == "AWS::EC2::VPCEndpoint"
        }

    assert (principal(here), principal(there)) == ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
    assert not [name for name in services(here) if not name.startswith("com.amazonaws.us-east-1.")]
    assert {
        name for name in services(there) if not name.startswith("com.amazonaws.cn-north-1.")
    } == {
        "cn.com.amazonaws.cn-north-1.ecr.api",
        "cn.com.amazonaws.cn-north-1.ecr.dkr",
    }
