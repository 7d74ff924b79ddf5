# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a running host lacks besides kernel arguments, and what only a reboot brings."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Pages, merged
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import changes, counts_of
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.daemons import Daemons, daemons_plan
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts, Pool, Said, Settings
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.modules import Modules, modules_plan, not_reloaded
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.quiet import Quiet, quiet_plan


@dataclass(frozen=True)
class Mount:
    """A mount of huge pages: the unit of systemd, and the size."""

    unit: str
    size: str


@dataclass(frozen=True)
class Hugepages:
    """Counts of huge pages to be set, and mounts to be made."""

    counts: list[Pool]
    mounts: list[Mount]


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    :param reboot: what waits for a reboot
    :param unreserved: huge pages that do so if they cannot be reserved now
    :param short: huge pages that the kernel could not reserve when it booted, either
    """

    modules: Modules
    hugepages: Hugepages
    libvirt: Daemons
    quiet: Quiet
    reboot: list[str]
    unreserved: list[str]
    short: list[str]


def plan(said: Said, settings: Settings) -> Plan:
    """What the host lacks.

    :param said: what the role's script printed
    """
    pages = [page for page in settings.hugepages if page.kib in said.pools]
    wanted = [(page, pool, count) for page in pages for pool, count in said.wanted_pools(page)]
    booted = counts_of(said.cmdline)
    lacking = [(page.meant_by(booted.get(page.kib, "0")), shortage(page, pool, count))
               for page, pool, count in wanted if pool.count < count]
    return Plan(
        modules_plan(said, settings),
        Hugepages([replace(pool, count=count) for _page, pool, count in wanted if pool.count != count],
                  [Mount(f"dev-hugepages{page.size}.mount", page.size) for page in pages
                   if page.total and page.kib not in said.mounted_sizes]),
        daemons_plan(said.units),
        quiet_plan(said, settings),
        not_booted_with(said, settings) + not_reloaded(said, settings),
        [words for was_booted_with, words in lacking if not was_booted_with],
        [words for was_booted_with, words in lacking if was_booted_with],
    )


def shortage(page: Pages, pool: Pool, count: int) -> str:
    """Huge pages that are not there, in words."""
    node = re.search(r"/node(\d+)/", pool.path)
    return (f"{count} huge pages of {page.size}{f' on NUMA node {node[1]}' if node else ''}, "
            f"of which {pool.count} are there")


def not_booted_with(facts: Facts, settings: Settings) -> list[str]:
    """How the command line of the running kernel differs from what is wanted, huge pages apart."""
    removed, added = changes(facts.cmdline, merged(facts.cmdline, replace(facts.wanted(settings), hugepages=())))
    words = [" ".join(added)] if added else []
    words += [f"{'instead of' if added else 'without'} {' '.join(removed)}"] if removed else []
    return [f"kernel arguments {' '.join(words)}"] if words else []
