# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What UCS Manager gives a new object that is created without a property.

The metadata has no defaults, so all of them are assumptions. 64 ports, no high performance, 54 dynamic vNICs and
protection are what Cisco's manuals are remembered to say; they have not been looked up.
"""

from __future__ import annotations

DEFAULTS: dict[str, dict[str, str]] = {
    "vnicProfile": {
        "descr": "", "hostNwIOPerf": "none", "maxPorts": "64", "nwCtrlPolicyName": "", "pinToGroupName": "",
        "policyOwner": "local", "portProfileUuid": "0", "qosPolicyName": "", "type": "regular",
        "configQualifier": "normal"},
    "vnicEtherIf": {"defaultNet": "no", "isQinQVlan": "no"},
    "vmVnicProfCl": {"descr": "", "dcName": "", "orgPath": "", "swName": "", "policyOwner": "local"},
    "fabricVlan": {
        "id": "1", "sharing": "none", "pubNwName": "", "defaultNet": "no", "mcastPolicyName": "", "switchId": "dual",
        "compressionType": "included", "policyOwner": "local", "operState": "ok", "transport": "ether", "type": "lan"},
    "fabricLanPinGroup": {"descr": ""},
    "epqosDefinition": {"descr": "", "policyOwner": "local"},
    "epqosEgress": {"prio": "best-effort", "rate": "line-rate", "burst": "10240", "hostControl": "none", "name": ""},
    "nwctrlDefinition": {
        "cdp": "disabled", "descr": "", "lldpReceive": "disabled", "lldpTransmit": "disabled", "policyOwner": "local",
        "macRegisterMode": "only-native-vlan", "uplinkFailAction": "link-down"},
    "adaptorHostEthIfProfile": {"descr": "", "pooledResources": "disabled", "policyOwner": "local"},
    "vnicDynamicConPolicy": {
        "descr": "", "adaptorProfileName": "", "dynamicEth": "54", "protection": "protected", "policyOwner": "local",
        "namingPrefix": "dynamic-prot"},
    "orgOrg": {"descr": ""},
}
