package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.socket.GroupState;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of NFLOG: groups and their owners, their configuration, the batches that the kernel holds until a
 * threshold, a timeout or UNBIND, and the sequence numbers. Modelled on {@code net/netfilter/nfnetlink_log.c},
 * including what it silently ignores. Safe for any number of threads.
 */
public final class FakeNflog {
    private static final int CFG_CMD = 1;
    private static final int CFG_MODE = 2;
    private static final int CFG_NLBUFSIZ = 3;
    private static final int CFG_TIMEOUT = 4;
    private static final int CFG_QTHRESH = 5;
    private static final int CFG_FLAGS = 6;
    private static final int BIND = 1;
    private static final int UNBIND = 2;
    private static final int PF_BIND = 3;
    private static final int PF_UNBIND = 4;
    private static final int FLAG_CONNTRACK = 4;
    /** NFULNL_CFG_F_SEQ, _SEQ_GLOBAL and _CONNTRACK. */
    private static final int ALL_FLAGS = 7;
    /** {@code NFPROTO_NUMPROTO}, from Linux 6.1 on. */
    private static final int FAMILIES = 11;

    private static final String LOGGER = "nfnetlink_log";
    /** {@code nfula_cfg_policy}: shorter attributes are refused before anything is executed. */
    private static final RequestPolicy POLICY = new RequestPolicy(
            Map.of(CFG_CMD, 1, CFG_MODE, 6, CFG_NLBUFSIZ, 4, CFG_TIMEOUT, 4, CFG_QTHRESH, 4, CFG_FLAGS, 2));

    private final FakeNetfilter transport;
    private final Map<Integer, NflogGroup> groups = new TreeMap<>();
    private long globalSequence;
    private long unheard;

    FakeNflog(FakeNetfilter transport) {
        this.transport = transport;
    }

    /**
     * Logs a packet to a group, as a rule does. The packet is added to the group's batch, which may then be sent.
     *
     * @param group the group, 0 to 65535
     * @param packet the packet; the kernel sets its group and sequence numbers
     * @return whether the group is bound
     */
    public boolean log(int group, SampleNflog packet) {
        TestClock clock = transport.clock();
        clock.lock().lock();
        try {
            NflogGroup found = groups.get(group);
            if (found == null) {
                unheard++;
                return false;
            }
            found.log(packet, this::nextGlobal);
            return true;
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Logs a packet of bytes to a group, as a rule does, with only its family and hardware protocol.
     *
     * @param group the group, 0 to 65535
     * @param packet an IP packet
     * @return whether the group is bound
     */
    public boolean log(int group, byte... packet) {
        return log(group, SampleNflog.of(packet));
    }

    /**
     * Waits until a group is bound, for code under test on another thread. The wait is in real time and no longer than
     * the clock's patience.
     *
     * @param group the group, 0 to 65535
     * @throws AssertionError if it is not bound within the patience; the message names the bound groups
     */
    public void awaitBound(int group) {
        transport.awaitOr("group " + group + " was not bound", () -> groups.containsKey(group));
    }

    /**
     * Returns the number of packets that were logged to groups that were not bound.
     *
     * @return a count
     */
    public long unheard() {
        transport.clock().lock().lock();
        try {
            return unheard;
        } finally {
            transport.clock().lock().unlock();
        }
    }

    /**
     * Returns the bound groups, as the kernel reports them.
     *
     * @return one entry for each group, by number
     */
    public List<GroupState> groups() {
        transport.clock().lock().lock();
        try {
            List<GroupState> states = new ArrayList<>();
            groups.values().forEach(group -> states.add(group.state()));
            return states;
        } finally {
            transport.clock().lock().unlock();
        }
    }

    private long nextGlobal() {
        return ++globalSequence;
    }

    boolean takes(SentMessage request) {
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_ULOG;
    }

    /** Executes a message. Returns the error, or null. Requires the lock. */
    @Nullable
    Errno request(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        return switch (request.type()) {
            case NflogConfig.NFULNL_MSG_CONFIG -> configure(socket, request);
            case NflogConfig.NFULNL_MSG_PACKET -> Errno.ENOTSUPP;
            default -> Errno.EINVAL;
        };
    }

    private @Nullable Errno configure(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        POLICY.check(request);
        if (transport.kernel().strictFlags()) {
            RequestPolicy.requireKnownBits(request, CFG_FLAGS, ALL_FLAGS);
        }
        int command = (int) number(request, CFG_CMD, 1);
        if (command == PF_BIND || command == PF_UNBIND) {
            return logger(request.family(), command);
        }
        int number = request.resId();
        NflogGroup group = groups.get(number);
        if (transport.kernel().groupOwnedElsewhere(number) || (group != null && group.socket() != socket)) {
            return Errno.EPERM;
        }
        long flags = number(request, CFG_FLAGS, 2);
        if (flags >= 0 && (flags & FLAG_CONNTRACK) != 0 && !transport.kernel().conntrackGlue()) {
            return Errno.EOPNOTSUPP;
        }
        switch (command) {
            case BIND -> {
                if (group != null) {
                    return Errno.EBUSY;
                }
                group = new NflogGroup(socket, number);
                groups.put(number, group);
            }
            case UNBIND -> {
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
            return command == PF_BIND ? Errno.EINVAL : null;
        }
        transport.kernel().logger(AddressFamily.of(family), command == PF_BIND ? LOGGER : "NONE");
        return null;
    }

    private static void set(NflogGroup group, SentMessage request, long flags) {
        request.attribute(CFG_MODE).ifPresent(value -> group.mode(value.u8(4), value.u32(0)));
        long timeout = number(request, CFG_TIMEOUT, 4);
        if (timeout >= 0) {
            group.timeout(timeout);
        }
        long size = number(request, CFG_NLBUFSIZ, 4);
        if (size >= 0) {
            group.bufferSize(size);
        }
        long threshold = number(request, CFG_QTHRESH, 4);
        if (threshold >= 0) {
            group.threshold(threshold);
        }
        if (flags >= 0) {
            group.flags((int) flags);
        }
    }

    /** An attribute's big-endian number, or −1. */
    private static long number(SentMessage request, int code, int length) {
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

    /** Removes the groups of a closed socket, with the packets that they hold. Requires the lock. */
    void closed(FakeNetlinkSocket socket) {
        groups.values().removeIf(group -> {
            boolean its = group.socket() == socket;
            if (its) {
                group.discard();
            }
            return its;
        });
    }
}
