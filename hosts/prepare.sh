#!/bin/bash
# Makes a host ready for jobs, at every boot and before the first of them. What it finds done it leaves
# alone.
#
# - /scratch is one file system over all instance-store disks, striped where there are several. Where
#   there is none it is one over the EBS volume beside the root's, and without that a folder of the root
#   volume.
# - Docker keeps its data in /scratch, and the jobs' own volumes are part of them.
# - /scratch/references is the one folder that all jobs see. Only keep_references.py, which an earlier
#   part of the user data has put in place, writes there.
# - The credentials of the host are kept from jobs, which run on the host's own network.
#
# If any of this fails, the ECS agent is never started: the host takes no job. It says so in the log
# group of jobs, and stops.
#
# cloud-init runs this as a boothook, in its init stage: before network-online.target, which Docker waits
# for, and before cloud-final.service, which the ECS agent waits for. It needs nothing but what the
# ECS-optimized AMI of Amazon Linux 2023 has, and no network.
set -Eeuo pipefail

readonly log_group='@LOG_GROUP@'
readonly scratch=/scratch docker=/var/lib/docker ecs=/etc/ecs/ecs.config
readonly stripes=scratch
readonly chunk=1024  # sectors of 512 bytes, of each disk in turn

say() { printf 'prepare: %s\n' "$*"; }

failed='hosts/prepare.sh'
trap 'failed="$BASH_COMMAND"' ERR
trap '[ "$?" -eq 0 ] || refuse_jobs' EXIT

# The network comes later in the boot. Masked units are not started, whatever wants them.
refuse_jobs() {
  say "not ready for jobs: $failed"
  systemctl mask --runtime ecs.service
  systemd-run --no-block --unit=seqstack-stop-host --property=Wants=network-online.target \
    --property=After=network-online.target \
    /bin/bash /usr/local/libexec/seqstack/stop_host.sh "$log_group" "$failed failed"
}

# Batch's jobs have the host's network, so that a hop limit of 1 does not keep the instance metadata
# from them. They do not run as root, and all that needs the metadata does.
keep_credentials() {
  local rule=(OUTPUT --destination 169.254.169.254/32 --match owner ! --uid-owner 0 --jump REJECT)
  iptables --wait --check "${rule[@]}" 2>/dev/null || iptables --wait --insert "${rule[@]}"
}

# The agent removes the volume of a job that was killed; one that ends by itself empties its own. Batch
# says two minutes, the agent's default is three hours.
remove_volumes_soon() {
  local line=ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=1m
  mkdir -p "${ecs%/*}"
  grep -qxF "$line" "$ecs" 2>/dev/null || printf '%s\n' "$line" >>"$ecs"
}

# NVMe disks by model, in the order of their serial numbers: names can change with a reboot, and
# /dev/xvdcz is no more than a name that udev may give.
disks_of() {
  lsblk --nodeps --noheadings --paths --output SERIAL,NAME,MODEL |
    awk -v model="$1" '$0 ~ model { print $1, $2 }' | sort | cut --delimiter=' ' --fields=2
}

# EBS volumes without partitions, which the root volume has.
empty_volumes() {
  local disk
  for disk in $(disks_of Amazon.Elastic.Block.Store); do
    [ -n "$(blkid --probe --output value --match-tag PTTYPE "$disk" || true)" ] || echo "$disk"
  done
}

# One disk over several, as long as the shortest allows.
stripe() {
  local disk sectors shortest='' table=''
  if ! dmsetup info "$stripes" >/dev/null 2>&1; then
    for disk in "$@"; do
      sectors=$(blockdev --getsz "$disk")
      [ -n "$shortest" ] && [ "$shortest" -le "$sectors" ] || shortest=$sectors
      table+=" $disk 0"
    done
    sectors=$((shortest / chunk * chunk * $#))
    dmsetup create "$stripes" --table "0 $sectors striped $# $chunk$table"
  fi
}

# Mounts a disk at /scratch; what a reboot has left on it stays.
mount_scratch() {
  local label
  label=$(blkid --output value --match-tag LABEL "$1" || true)
  [ "$label" = scratch ] || mkfs.xfs -q -f -K -L scratch "$1"
  mount -t xfs -o noatime "$1" "$scratch"
}

find_scratch() {
  local disks=()
  udevadm settle --timeout=60 || true
  mapfile -t disks < <(disks_of Amazon.EC2.NVMe.Instance.Storage)
  [ "${#disks[@]}" -gt 0 ] || mapfile -t disks < <(empty_volumes)
  case ${#disks[@]} in
    0) disks=(the root volume) ;;
    1) mount_scratch "${disks[0]}" ;;
    *)
      stripe "${disks[@]}"
      mount_scratch "/dev/mapper/$stripes"
      ;;
  esac
  say "$scratch lies on ${disks[*]}"
}

mkdir -p "$scratch"
mountpoint --quiet "$scratch" || find_scratch
if mountpoint --quiet "$scratch" && ! mountpoint --quiet "$docker"; then
  install --directory --mode 0710 "$scratch/docker" "$docker"
  mount --bind "$scratch/docker" "$docker"
fi
install --directory --mode 0755 "$scratch/references"
remove_volumes_soon
keep_credentials
systemctl daemon-reload
systemctl start --no-block seqstack-references.service  # waits for nothing: the boot is not that far
