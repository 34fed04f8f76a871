# rotten-cache.sh PLACE HEX OFFSET NODE SCRIPT: a blob whose cached pages differ from its disk, judged before, then, after.
set -e
disk=$1/disk
name=$2.qcow2
file=$1/mounted/$name
judge() {
  "$4" --import tsx "$5" "$file" "$1/state"
}
truncate -s 48M "$disk"
mkfs.ext4 -q -b 4096 -O ^has_journal -E lazy_itable_init=0 "$disk"
mkdir "$1/mounted"
mount -o loop "$disk" "$1/mounted"
cp "$1/$name" "$file"
sync
judge "$@"
physical=$(debugfs -R "bmap /$name $(($3 / 4096))" "$disk" 2>/dev/null)
dd if="$disk" of="$1/saved" bs=4096 skip="$physical" count=1 status=none
dd if=/dev/zero of="$disk" bs=4096 seek="$physical" count=1 conv=notrunc,fsync status=none
dd if="$file" iflag=nocache count=0 status=none
cat "$file" >/dev/null
dd if="$1/saved" of="$disk" bs=4096 seek="$physical" count=1 conv=notrunc,fsync status=none
judge "$@"
judge "$@"
umount "$1/mounted"
