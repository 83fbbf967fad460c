// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.AddressFamily;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.CopyMode;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.nftables.InstalledRule;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.session.Failures;
import dev.nfkit.session.Inbound;
import dev.nfkit.session.Life;
import dev.nfkit.session.MessageLoop;
import dev.nfkit.session.Refusals;
import dev.nfkit.session.RepeatedWarning;
import dev.nfkit.session.SessionJournal;
import dev.nfkit.session.SessionJournal.Totals;
import dev.nfkit.session.SessionLog;
import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The groups of a session: bound when it opens, counted while it is open, unbound when it ends. */
final class Groups implements Life {
    /** A group and its counters. Used by the polling thread. */
    private static final class Bound {
        final NflogGroup options;
        final int group;
        final int nlbufsiz;
        /** Whether payloads are requested: missing bytes were then cut, by the group's copy range or by the rule's. */
        final boolean wantsPayload;

        long nextSequence;

        Bound(NflogGroup options, int nlbufsiz) {
            this.options = options;
            this.group = options.group();
            this.nlbufsiz = nlbufsiz;
            this.wantsPayload = options.copyMode() == CopyMode.PACKET;
        }
    }

    private final NflogOptions options;
    private final KernelView kernel;
    private final SessionJournal journal = new SessionJournal(NflogSession.class, "group", Runnable::run);
    private final RepeatedWarning unreadable = new RepeatedWarning();
    private final Loggers loggers;
    private final Bound[] bound;
    /** The group of the last counted packet, if it is one of these. */
    private @Nullable Bound current;

    private @Nullable MessageLoop loop;
    private @Nullable NetlinkSocket socket;
    private @Nullable GroupRequests requests;
    private @Nullable InstalledRule rule;
    private long packets;
    private long sequenceGaps;
    private long truncatedPackets;
    private long malformed;
    private long discarded;

    Groups(NflogOptions options, long receiveBuffer, KernelView kernel) {
        this.options = options;
        this.kernel = kernel;
        this.loggers = new Loggers(kernel);
        bound = options.groups().stream()
                .map(group -> new Bound(group, BatchSize.nlbufsiz(group, receiveBuffer)))
                .toArray(Bound[]::new);
    }

    int largestDatagram() {
        int largest = 0;
        for (Bound group : bound) {
            largest = Math.max(largest, BatchSize.largestDatagram(group.options, group.nlbufsiz));
        }
        return largest;
    }

    int bufferSize(int group) {
        Bound found = find(group);
        if (found == null) {
            throw new IllegalArgumentException("group " + group + " is not one of this session's");
        }
        return found.nlbufsiz;
    }

    void open(MessageLoop messages, ByteOrder order) throws NetlinkException {
        loop = messages;
        requests = new GroupRequests(order);
        try {
            for (AddressFamily family : options.claimedLoggers()) {
                loggers.note(family);
                long sequence = messages.nextSequence();
                messages.call("claim the logger of " + family, sequence, requests.claimLogger(sequence, family));
            }
            for (Bound group : bound) {
                bind(messages, requests, group);
            }
        } catch (Throwable e) {
            Failures.closeAfter(loggers::restore, e);
            throw e;
        }
    }

    /** Installs the session's rule, if it has one: the group is bound, so that no packet is lost. */
    void install(NetlinkTransport transport) throws NetlinkException {
        if (options.rule().isPresent()) {
            try {
                rule = InstalledRule.install(transport, options.rule().get(), List.of(Log.group(bound[0].group)));
            } catch (Throwable e) {
                Failures.closeAfter(loggers::restore, e);
                throw e;
            }
        }
    }

    /** The session is open. */
    void opened(NetlinkSocket open, long receiveBuffer) {
        socket = open;
        String numbers =
                Arrays.stream(bound).map(group -> Integer.toString(group.group)).collect(Collectors.joining(", "));
        journal.opened(open, numbers, receiveBuffer);
    }

    private void bind(MessageLoop messages, GroupRequests writer, Bound group) throws NetlinkException {
        try {
            long sequence = messages.nextSequence();
            messages.call(
                    "bind NFLOG group " + group.options.group(),
                    sequence,
                    writer.bind(sequence, group.options, group.nlbufsiz));
        } catch (KernelRefusedException e) {
            throw Refusals.explain(e, "group", owner(group.group), group.options.conntrack(), kernel);
        }
    }

    private OptionalLong owner(int group) {
        return kernel.nflogGroups().stream()
                .filter(state -> state.group() == group)
                .mapToLong(GroupState::portId)
                .findFirst();
    }

    private @Nullable Bound find(int group) {
        for (Bound candidate : bound) {
            if (candidate.group == group) {
                return candidate;
            }
        }
        return null;
    }

    /** Selects the group that the next packets are counted for. */
    void turnTo(int group) {
        if (current == null || current.group != group) {
            current = find(group);
        }
    }

    /** Counts a packet that is about to be delivered, for the selected group. */
    void count(NflogPacket packet) {
        packets++;
        Bound group = current;
        if (group == null) {
            return;
        }
        if (packet.numbered()) {
            countGap(group, packet.sequence());
        }
        if (group.wantsPayload && packet.truncated()) {
            truncatedPackets++;
        }
    }

    /** A number after the expected one is a loss; a number before it means that numbering was restarted. */
    private void countGap(Bound group, long sequence) {
        long gap = (sequence - group.nextSequence) & 0xffff_ffffL;
        if (gap != 0 && gap < 0x8000_0000L) {
            sequenceGaps += gap;
            journal.lost(group.group, "packets were lost at the socket", gap);
        }
        group.nextSequence = (sequence + 1) & 0xffff_ffffL;
    }

    Statistics statistics(NetlinkSocket socket, Inbound inbound) {
        return Statistics.none()
                .withDelivered(packets)
                .withDatagrams(inbound.datagrams())
                .withSocketDrops(socket.drops())
                .withSequenceGaps(sequenceGaps)
                .withTruncatedPackets(truncatedPackets)
                .withTruncatedDatagrams(inbound.truncated())
                .withMalformed(malformed)
                .withForeign(socket.foreign())
                .withDiscarded(discarded);
    }

    @Override
    public void requestRest() throws NetlinkException {
        InstalledRule installed = rule;
        if (installed != null) {
            installed.detach(NflogSession.class);
        }
        loggers.restore();
        if (loop == null || requests == null) {
            return;
        }
        for (Bound group : bound) {
            long sequence = loop.nextSequence();
            loop.post(
                    "unbind NFLOG group " + group.options.group(), sequence, requests.unbind(sequence, group.options));
        }
    }

    @Override
    public void discarded(MessageCursor message) {
        if (message.type() == NflogConfig.NFULNL_MSG_PACKET) {
            discarded++;
        }
    }

    @Override
    public void malformed(MalformedMessageException problem) throws MalformedMessageException {
        malformed++;
        if (options.malformedHandler().isPresent()) {
            options.malformedHandler().get().malformed(problem);
        } else {
            long total = unreadable.count(1);
            if (total > 0) {
                SessionLog.warn(NflogSession.class, problem.getMessage() + " (" + total + " so far)");
            }
        }
    }

    @Override
    public void closed() {
        InstalledRule installed = rule;
        if (installed != null) {
            installed.detach(NflogSession.class);
            installed.close();
        }
    }

    @Override
    public Class<?> session() {
        return NflogSession.class;
    }

    @Override
    public void ended() {
        try {
            loggers.restore();
        } finally {
            journal.closed(this::totals);
        }
    }

    private Totals totals() {
        NetlinkSocket closed = socket;
        MessageLoop messages = loop;
        if (closed == null || messages == null) {
            return Totals.NONE;
        }
        Statistics all = statistics(closed, messages.inbound());
        return new Totals(all.delivered(), all.socketDrops(), all.discarded(), all);
    }
}
