#!/bin/bash
# Makes a host ready for jobs, at every boot and before the first of them. What it finds done it leaves
# alone.
#
# - The credentials of the host are kept from jobs, which run on the host's own network.
# - /scratch is one file system over all instance-store disks, striped where there are several. Where
#   there is none it is one over the volume /dev/xvdcz, and without that a folder of the root volume.
# - Docker keeps its data in /scratch, and the jobs' own volumes are part of them.
# - /scratch/references is the one folder that all jobs see. Only keep_references.py, which an earlier
#   part of the user data has put in place, writes there.
#
# cloud-init runs this as a boothook, in its init stage: before network-online.target, which Docker waits
# for, and before cloud-final.service, which the ECS agent waits for. It needs nothing but what the
# ECS-optimized AMI of Amazon Linux 2023 has, and no network.
set -euo pipefail

readonly scratch=/scratch docker=/var/lib/docker ecs=/etc/ecs/ecs.config
readonly stripes=scratch volume=/dev/xvdcz
readonly chunk=1024  # sectors of 512 bytes, of each disk in turn

say() { printf 'prepare: %s\n' "$*"; }

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

# In the order of their serial numbers: names can change with a reboot.
instance_store_disks() {
  lsblk --nodeps --noheadings --paths --output SERIAL,NAME,MODEL |
    awk '/Amazon.EC2.NVMe.Instance.Storage/ { print $1, $2 }' | sort | cut --delimiter=' ' --fields=2
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
  [ "$label" = scratch ] || mkfs.xfs -q -f -K -L scratch "$1" || return
  mount -t xfs -o noatime "$1" "$scratch"
}

find_scratch() {
  local disks=()
  udevadm settle --timeout=60 || true
  mapfile -t disks < <(instance_store_disks)
  [ "${#disks[@]}" -gt 0 ] || [ ! -b "$volume" ] || disks=("$volume")
  case ${#disks[@]} in
    0) return 1 ;;
    1) mount_scratch "${disks[0]}" ;;
    *) stripe "${disks[@]}" && mount_scratch "/dev/mapper/$stripes" ;;
  esac && say "$scratch lies on ${disks[*]}"
}

keep_credentials
remove_volumes_soon
mkdir -p "$scratch"
mountpoint --quiet "$scratch" || find_scratch || say "$scratch lies on the root volume"
if mountpoint --quiet "$scratch" && ! mountpoint --quiet "$docker"; then
  install --directory --mode 0710 "$scratch/docker" "$docker"
  mount --bind "$scratch/docker" "$docker"
fi
install --directory --mode 0755 "$scratch/references"
systemctl daemon-reload
systemctl start --no-block seqstack-references.service  # waits for nothing: the boot is not that far
