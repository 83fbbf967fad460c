// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.Netlink;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Replays what the kernel sent unsolicited, after the answers to requests: recorded answers for requests to the
 * connection table, acknowledgements for all others. Guarded by the clock's lock.
 */
final class LenientScript extends ReplayScript {
    private static final int TYPE = 4;
    private static final int FLAGS = 6;
    private static final int NEW = 0;
    private static final int DELETE = 2;
    /** The request for the statistics of the whole table, which clients send to find out whether there is one. */
    private static final int PROBE = ConntrackMessage.CT_GET_STATS.type();

    /** The first of the three groups of each kind: created, changed, ended. */
    private static final int CONNECTIONS = 1;

    private static final int EXPECTATIONS = 4;
    /** The command of a configuration, and its values, which are the same for groups and queues. */
    private static final int CFG_CMD = NflogConfig.NFULA_CFG_CMD;

    private static final int BIND = NflogConfig.NFULNL_CFG_CMD_BIND;
    private static final int UNBIND = NflogConfig.NFULNL_CFG_CMD_UNBIND;

    private final RecordedAnswers.Turn recorded;
    private final Pacing pacing;
    private final Set<Integer> groups = new HashSet<>();
    private int bound;
    private boolean unbound;

    LenientScript(Recording recording, SocketOfRecording of, MessageText text, Pacing pacing) {
        super(recording, recording.open(of), text);
        this.recorded = recording.answers().new Turn();
        this.pacing = pacing;
    }

    @Override
    Due peek() {
        if (!answers().isEmpty()) {
            return Due.ANSWER;
        }
        if (exhausted()) {
            return Due.NOTHING;
        }
        return pacing.due(entries().epochNanos(), false) ? Due.ENTRY : Due.NOTHING;
    }

    private boolean exhausted() {
        while (!unbound && load() && !expected()) {
            consume();
        }
        return unbound || !load();
    }

    /**
     * Whether the kernel sent it unsolicited, and the socket would receive it: an event only as a member of its group.
     */
    @Override
    boolean expected() {
        EntryCursor entry = entries();
        if (entry.kind() != TraceKind.FROM_KERNEL) {
            return entry.kind() == TraceKind.OVERRUN;
        }
        if (entry.datagram().length() < Netlink.NLMSG_HDRLEN) {
            return true;
        }
        if (recording().answers().isAnswer(entry)) {
            return false;
        }
        int type = Headers.u16(entry.datagram(), TYPE, order());
        int first = switch (type >> 8) {
            case Netlink.NFNL_SUBSYS_CTNETLINK -> CONNECTIONS;
            case Netlink.NFNL_SUBSYS_CTNETLINK_EXP -> EXPECTATIONS;
            default -> 0;
        };
        if (first == 0) {
            return true;
        }
        boolean ended = (type & 0xff) == DELETE;
        boolean made = (Headers.u16(entry.datagram(), FLAGS, order()) & Netlink.NLM_F_CREATE) != 0;
        return groups.contains(first + (ended ? 2 : made ? 0 : 1));
    }

    @Override
    void member(int group, boolean joined) {
        if (joined) {
            groups.add(group);
        } else {
            groups.remove(group);
        }
    }

    @Override
    void next() {
        if (answers().poll() == null) {
            if (entries().kind() == TraceKind.FROM_KERNEL) {
                pacing.given(false);
            }
            consume();
        }
    }

    @Override
    boolean ended() {
        return exhausted() && answers().isEmpty();
    }

    @Override
    boolean gathers() {
        return false;
    }

    @Override
    boolean waitsForOthers() {
        return pacing.wantsStep();
    }

    @Override
    boolean wantsStep() {
        return pacing.wantsStep();
    }

    @Override
    Map<Integer, Integer> liveSequences() {
        return Map.of();
    }

    @Override
    void sent(byte[] datagram, long portId) {
        List<ParsedMessage> requests;
        try {
            requests = ParsedMessage.parse(datagram, order(), portId);
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
        for (ParsedMessage request : requests) {
            if (request.type() == NflogConfig.NFULNL_MSG_CONFIG || request.type() == NfqueueConfig.NFQNL_MSG_CONFIG) {
                int command = request.attribute(CFG_CMD)
                        .filter(value -> value.length() > 0)
                        .map(value -> value.u8(0))
                        .orElse(0);
                if (command == BIND) {
                    bound++;
                } else if (command == UNBIND) {
                    unbound = --bound <= 0;
                }
            }
        }
        for (ParsedMessage request : requests) {
            if (RecordedAnswers.meant(request)) {
                answer(request, portId);
            } else {
                acknowledge(List.of(request), portId);
            }
        }
    }

    private void answer(ParsedMessage request, long portId) {
        List<byte[]> then = recorded.answer(request, portId);
        int message = request.type() & 0xff;
        if (then != null) {
            answers().addAll(then);
        } else if (message == NEW || message == DELETE || request.type() == PROBE) {
            acknowledge(List.of(request), portId);
        } else {
            answers()
                    .add(Acknowledgements.refusal(
                            request, portId, Errno.EOPNOTSUPP, "the recording has no answer to such a request"));
        }
    }

    @Override
    List<String> left() {
        return rest();
    }

    @Override
    void close() {
        pacing.end();
        super.close();
    }
}
