#!/bin/bash
# One boot of a host, in a machine of its own as far as mounts, the network and /dev go:
#
#     unshare --mount --net machine.sh WORK PREPARE STAND_INS
#
# Its root is this system's, with what it writes in WORK/upper, which the next boot finds again. Its
# /dev holds the block devices that WORK/disks lists, one a line: path|major:minor|serial|model. Runs
# PREPARE and then WORK/probe, with STAND_INS first on PATH.
set -euo pipefail
work=$1 prepare=$2 stand_ins=$3 root=$1/root

mkdir -p "$work/upper" "$work/tmp" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/tmp" "$root"
mount --rbind /sys "$root/sys"
mount --bind /proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for node in null:1:3 zero:1:5 urandom:1:9 loop-control:10:237; do
  IFS=: read -r name major minor <<<"$node"
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
# For what dmsetup stands in for.
for number in {0..31}; do mknod "$root/dev/loop$number" b 7 "$number"; done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
while IFS='|' read -r path number _; do
  mknod "$root$path" b "${number%:*}" "${number#*:}"
done <"$work/disks"
# What dmsetup stands in for lies outside of the overlay, which loop devices do not like.
mkdir -p "$work/striped" "$root/run/striped"
mount --bind "$work/striped" "$root/run/striped"
cp "$work/disks" "$work/probe" "$prepare" "$root/run/"

shut_down() {
  umount --recursive "$root/var/lib/docker" "$root/scratch" 2>/dev/null || true
  [ ! -s "$work/striped/loop" ] || losetup --detach "$(cat "$work/striped/loop")" || true
  rm -f "$work/striped/loop"
}
trap shut_down EXIT

in_machine() { chroot "$root" /usr/bin/env -i PATH="$stand_ins:/usr/sbin:/usr/bin:/sbin:/bin" "$@"; }
status=0
in_machine bash "/run/${prepare##*/}" || status=$?
printf 'exit status: %d\n' "$status"
in_machine bash -eu /run/probe
