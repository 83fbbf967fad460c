// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nflog;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.socket.GroupState;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.RequestPolicy;
import dev.nfkit.testkit.kernel.Subsystem;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.sample.NflogContents;
import dev.nfkit.wire.Netlink;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * NFLOG: groups and their owners, their configuration, the batches that the kernel holds until a threshold, a timeout or
 * UNBIND, and the sequence numbers. Modelled on {@code net/netfilter/nfnetlink_log.c}, including what it silently
 * ignores. Safe for any number of threads.
 */
public final class NflogModel implements Subsystem {
    private static final int ALL_FLAGS =
            NflogConfig.NFULNL_CFG_F_SEQ | NflogConfig.NFULNL_CFG_F_SEQ_GLOBAL | NflogConfig.NFULNL_CFG_F_CONNTRACK;
    /** {@code NFPROTO_NUMPROTO}, from Linux 6.1 on. */
    private static final int FAMILIES = 11;

    private static final String LOGGER = "nfnetlink_log";
    /** {@code nfula_cfg_policy}: shorter attributes are refused before anything is executed. */
    private static final RequestPolicy POLICY = new RequestPolicy(Map.of(
            NflogConfig.NFULA_CFG_CMD, 1,
            NflogConfig.NFULA_CFG_MODE, 6,
            NflogConfig.NFULA_CFG_NLBUFSIZ, 4,
            NflogConfig.NFULA_CFG_TIMEOUT, 4,
            NflogConfig.NFULA_CFG_QTHRESH, 4,
            NflogConfig.NFULA_CFG_FLAGS, 2));

    private final Kernel kernel;
    private final Map<Integer, NflogGroup> groups = new TreeMap<>();
    private long globalSequence;
    private long unheard;

    /** Creates the model of a kernel. */
    public NflogModel(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Logs a packet to a group, as a rule does. Returns whether the group is bound. */
    public boolean log(int group, NflogContents packet) {
        return kernel.clock().locked(() -> {
            NflogGroup found = groups.get(group);
            if (found == null) {
                unheard++;
                return false;
            }
            found.log(packet, this::nextGlobal);
            return true;
        });
    }

    /** Waits until a group is bound, no longer than the clock's patience. */
    public void awaitBound(int group) {
        kernel.awaitOr("group " + group + " was not bound", () -> groups.containsKey(group));
    }

    /** The number of packets that were logged to groups that were not bound. */
    public long unheard() {
        return kernel.clock().locked(() -> unheard);
    }

    /** The bound groups by number, as the kernel reports them. */
    public List<GroupState> groups() {
        return kernel.clock()
                .locked(() -> groups.values().stream().map(NflogGroup::state).toList());
    }

    private long nextGlobal() {
        return ++globalSequence;
    }

    @Override
    public boolean takes(ParsedMessage request) {
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_ULOG;
    }

    @Override
    public boolean request(KernelSocket socket, ParsedMessage request) throws Refused {
        Refused.throwIf(
                switch (request.type()) {
                    case NflogConfig.NFULNL_MSG_CONFIG -> configure(socket, request);
                    case NflogConfig.NFULNL_MSG_PACKET -> Errno.ENOTSUPP;
                    default -> Errno.EINVAL;
                });
        return true;
    }

    @Override
    public List<String> state() {
        List<String> texts = groups().stream()
                .map(group -> group.group() + " (socket " + group.portId() + ", " + group.queued() + " held)")
                .toList();
        return List.of("groups " + (texts.isEmpty() ? "none" : String.join(", ", texts)));
    }

    @Override
    public List<String> left() {
        return groups().stream()
                .filter(group -> group.queued() > 0)
                .map(group -> "group " + group.group() + " holds " + group.queued() + " packets that were not sent yet")
                .toList();
    }

    private @Nullable Errno configure(KernelSocket socket, ParsedMessage request) throws Refused {
        POLICY.check(request);
        if (kernel.properties().strictFlags()) {
            RequestPolicy.requireKnownBits(request, NflogConfig.NFULA_CFG_FLAGS, ALL_FLAGS);
        }
        int command = (int) number(request, NflogConfig.NFULA_CFG_CMD, 1);
        if (command == NflogConfig.NFULNL_CFG_CMD_PF_BIND || command == NflogConfig.NFULNL_CFG_CMD_PF_UNBIND) {
            return logger(request.family(), command);
        }
        int number = request.resId();
        NflogGroup group = groups.get(number);
        if (kernel.properties().foreignGroups().containsKey(number) || (group != null && group.socket() != socket)) {
            return Errno.EPERM;
        }
        long flags = number(request, NflogConfig.NFULA_CFG_FLAGS, 2);
        if (flags >= 0
                && (flags & NflogConfig.NFULNL_CFG_F_CONNTRACK) != 0
                && !kernel.properties().conntrackGlue()) {
            return Errno.EOPNOTSUPP;
        }
        switch (command) {
            case NflogConfig.NFULNL_CFG_CMD_BIND -> {
                if (group != null) {
                    return Errno.EBUSY;
                }
                group = new NflogGroup(socket, number);
                groups.put(number, group);
            }
            case NflogConfig.NFULNL_CFG_CMD_UNBIND -> {
                if (group == null) {
                    return Errno.ENODEV;
                }
                group.flush();
                groups.remove(number);
                return null;
            }
            case -1 -> {
                if (group == null) {
                    return Errno.ENODEV;
                }
            }
            default -> {
                return Errno.ENOTSUPP;
            }
        }
        set(group, request, flags);
        return null;
    }

    private @Nullable Errno logger(int family, int command) {
        if (family >= FAMILIES) {
            return command == NflogConfig.NFULNL_CFG_CMD_PF_BIND ? Errno.EINVAL : null;
        }
        kernel.properties()
                .logger(AddressFamily.of(family), command == NflogConfig.NFULNL_CFG_CMD_PF_BIND ? LOGGER : "NONE");
        return null;
    }

    private static void set(NflogGroup group, ParsedMessage request, long flags) {
        request.attribute(NflogConfig.NFULA_CFG_MODE).ifPresent(value -> group.mode(value.u8(4), value.u32(0)));
        long timeout = number(request, NflogConfig.NFULA_CFG_TIMEOUT, 4);
        if (timeout >= 0) {
            group.timeout(timeout);
        }
        long size = number(request, NflogConfig.NFULA_CFG_NLBUFSIZ, 4);
        if (size >= 0) {
            group.bufferSize(size);
        }
        long threshold = number(request, NflogConfig.NFULA_CFG_QTHRESH, 4);
        if (threshold >= 0) {
            group.threshold(threshold);
        }
        if (flags >= 0) {
            group.flags((int) flags);
        }
    }

    /** An attribute's big-endian number, or −1. */
    private static long number(ParsedMessage request, int code, int length) {
        Bytes value = request.attribute(code).orElse(null);
        if (value == null) {
            return -1;
        }
        return switch (length) {
            case 1 -> value.u8(0);
            case 2 -> value.u16(0);
            default -> value.u32(0);
        };
    }

    @Override
    public void closed(KernelSocket socket) {
        groups.values().removeIf(group -> {
            boolean its = group.socket() == socket;
            if (its) {
                group.discard();
            }
            return its;
        });
    }
}
