#!/bin/sh
# What the example needs, on Debian (amd64), as root: QEMU from Debian's packages, and in .guest/ a guest that
# is made of Debian's cloud kernel and busybox. They are unpacked, not installed: your kernel stays as it is.
set -eu
cd "$(dirname "$0")"

if command -v qemu-system-x86_64 > /dev/null && command -v qemu-img > /dev/null &&
  [ .guest/initrd.gz -nt guest/init ] && [ .guest/initrd.gz -nt install.sh ]; then
  echo 'Installed before.'
  exit
fi
no() { echo "$1" >&2; exit 1; }
command -v apt-get > /dev/null || no 'There is no apt-get: install.sh is for Debian.'
[ "$(dpkg --print-architecture)" = amd64 ] || no 'install.sh needs amd64: its guest is one.'
[ "$(id -u)" = 0 ] || no 'It installs packages: sudo sh examples/control-plane-qemu/install.sh'

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends qemu-system-x86 qemu-utils > /dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Open to the user as whom apt downloads.
chmod 755 "$work" && mkdir -m 777 "$work/packages"
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p')
(cd "$work/packages" && apt-get download --quiet=2 "$kernel" busybox-static)
for package in "$work"/packages/*.deb; do dpkg-deb --extract "$package" "$work/unpacked"; done
busybox=$(find "$work/unpacked" -path '*/bin/busybox')

# The guest's memory is its root: busybox, its init, and the few modules that it needs (ext4 is built in).
root="$work/root"
version=$(basename "$work"/unpacked/boot/vmlinuz-* | cut -d - -f 2-)
modules="$root/lib/modules/$version"
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/disk" "$modules"
cp "$busybox" "$root/bin/busybox"
cp guest/init "$root/init" && chmod 755 "$root/init"
for module in 'virtio' 'virtio_ring' 'virtio_pci*' 'virtio_blk' 'evdev' 'button'; do
  find "$work/unpacked" -name "$module.ko*" -exec cp {} "$modules/" \;
done
# Later releases of Debian have them packed.
for packed in "$modules"/*.xz; do [ ! -e "$packed" ] || "$busybox" unxz "$packed"; done
"$busybox" depmod -b "$root" "$version"

mkdir -p .guest
cp "$work"/unpacked/boot/vmlinuz-* .guest/vmlinuz
(cd "$root" && find . | "$busybox" cpio -o -H newc 2> /dev/null | gzip) > .guest/initrd.gz
chmod 644 .guest/*
echo "Installed: $(qemu-system-x86_64 --version | head -n 1); guest: $kernel"
