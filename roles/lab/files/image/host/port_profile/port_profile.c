// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright: nfv.kvm contributors
/*
 * Answers the port-profile requests (802.1Qbh) for the VFs of a PF whose driver does not: IFLA_VF_PORTS of
 * rtnetlink, which libvirt sends. In place of a switch, the parameter answer says what comes of them.
 *
 *	modprobe port_profile pf=enp1s0
 *	echo reject > /sys/module/port_profile/parameters/answer
 *	cat /sys/module/port_profile/parameters/requests
 */
#include <linux/if_link.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/uuid.h>
#include <net/netlink.h>

#define VFS 16

/* The last request for a VF; rtnl_lock guards them. */
struct request {
	u8 number;	/* PORT_REQUEST_*; PREASSOCIATE, which is 0, stands for none */
	char profile[PORT_PROFILE_MAX];
	uuid_t instance;
	uuid_t host;
};

static struct request requests[VFS];
static struct net_device *netdev;
static const struct net_device_ops *driver_ops;
static struct net_device_ops ops;

static const char *const answers[] = { "success", "reject", "never" };
static const u16 responses[] = {
	PORT_PROFILE_RESPONSE_SUCCESS, PORT_PROFILE_RESPONSE_ERROR, PORT_PROFILE_RESPONSE_INPROGRESS
};
static unsigned int answer;

static char *pf = "";
module_param(pf, charp, 0444);
MODULE_PARM_DESC(pf, "network interface of the PF");

static int answer_set(const char *value, const struct kernel_param *param)
{
	int found = sysfs_match_string(answers, value);

	if (found < 0)
		return found;
	answer = found;
	return 0;
}

static int answer_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", answers[answer]);
}

static const struct kernel_param_ops answer_ops = { .set = answer_set, .get = answer_get };
module_param_cb(answer, &answer_ops, NULL, 0644);
MODULE_PARM_DESC(answer, "success, reject or never");

static int requests_get(char *buffer, const struct kernel_param *param)
{
	static const char *const names[] = {
		[PORT_REQUEST_PREASSOCIATE_RR] = "preassociate-rr",
		[PORT_REQUEST_ASSOCIATE] = "associate",
		[PORT_REQUEST_DISASSOCIATE] = "disassociate",
	};
	int length = 0;

	rtnl_lock();
	for (int vf = 0; vf < VFS; vf++) {
		const struct request *r = &requests[vf];

		if (r->number)
			length += sysfs_emit_at(buffer, length, "vf %d %s profile %s instance %pUb host %pUb\n",
						vf, names[r->number], r->profile, &r->instance, &r->host);
	}
	rtnl_unlock();
	return length;
}

static const struct kernel_param_ops requests_ops = { .get = requests_get };
module_param_cb(requests, &requests_ops, NULL, 0444);
MODULE_PARM_DESC(requests, "the last request for each VF");

static int set_vf_port(struct net_device *dev, int vf, struct nlattr *port[])
{
	struct request r = { };

	if (vf < 0 || vf >= VFS)
		return -EINVAL;
	if (port[IFLA_PORT_REQUEST])
		r.number = nla_get_u8(port[IFLA_PORT_REQUEST]);
	if (r.number < PORT_REQUEST_PREASSOCIATE_RR || r.number > PORT_REQUEST_DISASSOCIATE)
		return -EOPNOTSUPP;
	if (port[IFLA_PORT_PROFILE])
		nla_strscpy(r.profile, port[IFLA_PORT_PROFILE], sizeof(r.profile));
	if (port[IFLA_PORT_INSTANCE_UUID])
		import_uuid(&r.instance, nla_data(port[IFLA_PORT_INSTANCE_UUID]));
	if (port[IFLA_PORT_HOST_UUID])
		import_uuid(&r.host, nla_data(port[IFLA_PORT_HOST_UUID]));
	requests[vf] = r;
	return 0;
}

/* The last request is answered whichever it was: libvirt waits for an answer to DISASSOCIATE, too. */
static int get_vf_port(struct net_device *dev, int vf, struct sk_buff *skb)
{
	const struct request *r;

	if (vf < 0 || vf >= VFS || !requests[vf].number)
		return -ENODATA;
	r = &requests[vf];
	if (nla_put_u16(skb, IFLA_PORT_REQUEST, r->number) ||
	    nla_put_u16(skb, IFLA_PORT_RESPONSE, responses[answer]) ||
	    nla_put_string(skb, IFLA_PORT_PROFILE, r->profile) ||
	    nla_put(skb, IFLA_PORT_INSTANCE_UUID, UUID_SIZE, &r->instance) ||
	    nla_put(skb, IFLA_PORT_HOST_UUID, UUID_SIZE, &r->host))
		return -EMSGSIZE;
	return 0;
}

/* Registering it reports each network interface as new, unregistering it reports each as gone. */
static int netdev_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (event == NETDEV_REGISTER && !netdev && !strcmp(dev->name, pf)) {
		netdev = dev;
		driver_ops = dev->netdev_ops;
		ops = *driver_ops;
		ops.ndo_set_vf_port = set_vf_port;
		ops.ndo_get_vf_port = get_vf_port;
		memset(requests, 0, sizeof(requests));
		dev->netdev_ops = &ops;
	} else if (event == NETDEV_UNREGISTER && dev == netdev) {
		dev->netdev_ops = driver_ops;
		netdev = NULL;
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = netdev_event };

static void __exit port_profile_exit(void)
{
	unregister_netdevice_notifier(&notifier);
	/* Packets on their way may still have looked at ops. */
	synchronize_net();
}

static int __init port_profile_init(void)
{
	int error = register_netdevice_notifier(&notifier);

	if (!error && !netdev) {
		unregister_netdevice_notifier(&notifier);
		error = -ENODEV;
	}
	return error;
}

module_init(port_profile_init);
module_exit(port_profile_exit);
MODULE_DESCRIPTION("Port profiles for a PF whose driver has none");
MODULE_LICENSE("GPL");
