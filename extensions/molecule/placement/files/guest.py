# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the image of a guest that costs an emulated host nearly nothing: guest.py PATH

The guest is a boot sector. It prints "ready" on the serial console, sleeps, and powers off when its power button is
pressed.
"""

import sys
from pathlib import Path

# 16-bit code that the BIOS loads to 0x7c00. SeaBIOS puts the registers of ACPI's power management (PM1a) at port 0x600
# (status), 0x602 (enable) and 0x604 (control). Bit 8 of the first two is the power button, and 0x2000 in the control
# register turns QEMU's machines off.
CODE = """
31c0       xor ax, ax
8ed8       mov ds, ax
fc         cld
ba0206     mov dx, 0x602
b80001     mov ax, 0x100
ef         out dx, ax
be2c7c     mov si, text
baf803     mov dx, 0x3f8    ; the serial port
ac         next: lodsb
ee         out dx, al
84c0       test al, al
75fa       jnz next
fb         sleep: sti
f4         hlt              ; until the next tick of the BIOS's clock
ba0006     mov dx, 0x600
ed         in ax, dx
f6c401     test ah, 1
74f5       jz sleep
ba0406     mov dx, 0x604
b80020     mov ax, 0x2000
ef         out dx, ax
ebec       jmp sleep
"""
TEXT = b"ready\r\n\0"

if __name__ == "__main__":
    code = b"".join(bytes.fromhex(line.split()[0]) for line in CODE.strip().splitlines())
    sector = (code + TEXT).ljust(510, b"\0") + b"\x55\xaa"
    Path(sys.argv[1]).write_bytes(sector.ljust(1 << 20, b"\0"))
