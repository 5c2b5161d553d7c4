// Packages of a node's distribution that a command may bring to another version. Console, dispatcher and agent judge a name by this same file; which of the
// rest a node lets change its own configuration says (agent.json, `managedPackages`), none unless it does.
import { z } from "zod";

/** As dpkg and rpm name packages. Ends in a letter or digit: apt reads a "+" or "-" at the end as an order to install or remove. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}[A-Za-z0-9]$/;
/** [epoch:]version[-release] of deb-version(7) and rpm; no wildcard, and none of apt's orders at its end. */
const VERSION = /^(\d{1,9}:)?[A-Za-z0-9]([A-Za-z0-9.+~^_-]{0,126}[A-Za-z0-9])?$/;

/** What a node cannot be without, or that this product stands on: kernel, boot, init, C library, shells, accounts, package managers, remote access, the agent. */
const NEVER =
  /^(linux-.*|kernel(-.*)?|kmod|dkms|raspberrypi-kernel|grub.*|shim.*|efibootmgr|u-boot.*|dracut.*|initramfs-tools.*|init|init-system-helpers|systemd.*|libsystemd.*|sysvinit.*|openrc|udev|libudev.*|dbus.*|libc6.*|libc-bin|libc-l10n|glibc.*|musl.*|libgcc.*|libstdc.*|gcc-\d+-base|bash|dash|coreutils|base-files|base-passwd|filesystem|setup|util-linux.*|mount|login|passwd|shadow-utils|sudo.*|libpam.*|pam.*|apt|apt-.*|libapt.*|dpkg.*|rpm.*|dnf.*|libdnf.*|yum.*|openssh.*|ssh|ssh-.*|dropbear.*|nodeops.*)$/i;

export const PackageName = z
  .string()
  .regex(NAME)
  .refine((name) => isManageable(name), { error: "never changed by a command" });
export const PackageVersion = z.string().regex(VERSION);

/** Whether a node's configuration may let commands change it. */
export const isManageable = (name: string): boolean => NAME.test(name) && !NEVER.test(name);
