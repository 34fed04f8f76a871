# truncated-disk.sh PLACE NODE SCRIPT: a file system on a loop device that loses its second half, in a mount namespace.
set -e
disk=$1/disk
file=$1/mounted/file
truncate -s 48M "$disk"
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 "$disk"
mkdir "$1/mounted"
mount -o loop "$disk" "$1/mounted"
head -c 24M /dev/urandom >"$file"
sync
dd if="$file" iflag=nocache count=0 status=none
# Inside the file, wherever the allocator put it: its 3000th block of 4 KiB is cut off, and all that follow on the disk.
physical=$(filefrag -b4096 -v "$file" | awk '$1 ~ /^[0-9]+:$/ { gsub(/[.:]/, " "); if ($2 <= 3000 && 3000 <= $3) print $4 + 3000 - $2 }')
truncate -s $((physical * 4096)) "$disk"
for source in cache disk; do
  dd if="$file" iflag=nocache count=0 status=none
  "$2" --import tsx "$3" "$file" "$source"
done
umount "$1/mounted"
