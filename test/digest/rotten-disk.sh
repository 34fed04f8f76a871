# rotten-disk.sh PLACE NODE SCRIPT: a file on a loop device whose disk changes below the file system and its cache.
set -e
disk=$1/disk
file=$1/mounted/file
truncate -s 48M "$disk"
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 "$disk"
mkdir "$1/mounted"
mount -o loop "$disk" "$1/mounted"
head -c 9M /dev/urandom >"$file"
sync
physical=$(debugfs -R 'bmap /file 1000' "$disk" 2>/dev/null)
block=$(stat -f -c %S "$1/mounted")
"$2" --import tsx "$3" "$file" "$disk" $((physical * block))
umount "$1/mounted"
