// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.testkit.conntrack.ConntrackNotices.Cause;
import dev.nfkit.testkit.kernel.KernelDump;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.testkit.sample.ExpectationContents;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests for expectations, executed as in {@code nf_conntrack_netlink.c}. Requires the clock's lock. */
final class ExpectationRequests {
    private static final int NEW = 0;
    private static final int GET = 1;
    private static final int DELETE = 2;
    private static final int GET_STATS_CPU = 3;
    private static final int MAX_MESSAGE = 1 << 16;
    /** The policy of the FTP helper: the maximum number for one connection, and the timeout. */
    private static final int MAX_EXPECTED = 1;

    private static final int TIMEOUT = 300;

    private final ConntrackState state;

    ExpectationRequests(ConntrackState state) {
        this.state = state;
    }

    /** Executes a message. Returns whether it may be acknowledged; a dump is not. */
    boolean carryOut(KernelSocket socket, ParsedMessage request) throws Refused {
        MessageAttributes attributes = RequestAttributes.read(ExpectationAttribute.SCHEMA, request, state.properties());
        boolean dump = (request.flags() & Netlink.NLM_F_DUMP) != 0;
        switch (request.type() & 0xff) {
            case NEW -> renew(socket, request, attributes);
            case GET -> {
                if (dump) {
                    return dump(socket, request, attributes);
                }
                MessageWriter writer = new MessageWriter(MAX_MESSAGE, socket.order());
                row(named(request, attributes, true), socket, request).write(writer, Netlink.NLM_F_MULTI);
                socket.deliver(writer);
            }
            case DELETE -> delete(socket, request, attributes);
            case GET_STATS_CPU -> {
                if (dump) {
                    return !socket.dump(new KernelDump(
                            socket,
                            request,
                            StatisticsRows.ofExpectations(request, socket, state.properties()),
                            false));
                }
            }
            default -> throw new Refused(Errno.EINVAL);
        }
        return true;
    }

    private static ConntrackTuple tuple(MessageAttributes request, ExpectationAttribute which, int family)
            throws Refused {
        MessageAttributes tuple = request.nested(which);
        return RequestedTuple.read(
                tuple == null ? new MessageAttributes(ConntrackAttribute.Tuple.SCHEMA) : tuple, family);
    }

    private static ConntrackZone zone(MessageAttributes request) {
        return request.value(ExpectationAttribute.ZONE.code())
                .map(value -> ConntrackZone.of(value.u16(0)))
                .orElse(ConntrackZone.NONE);
    }

    private void renew(KernelSocket socket, ParsedMessage request, MessageAttributes attributes) throws Refused {
        if (!attributes.has(ExpectationAttribute.TUPLE)
                || !attributes.has(ExpectationAttribute.MASK)
                || !attributes.has(ExpectationAttribute.MASTER)) {
            throw new Refused(Errno.EINVAL);
        }
        ConntrackTuple tuple = tuple(attributes, ExpectationAttribute.TUPLE, request.family());
        ConntrackZone zone = zone(attributes);
        ExpectationContents found = state.expectation(tuple, zone);
        if (found != null) {
            if ((request.flags() & Netlink.NLM_F_EXCL) != 0) {
                throw new Refused(Errno.EEXIST);
            }
            if (attributes.has(ExpectationAttribute.TIMEOUT)) {
                state.expireAfter(found, attributes.number(ExpectationAttribute.TIMEOUT.code()));
            }
            return;
        }
        if ((request.flags() & Netlink.NLM_F_CREATE) == 0) {
            throw new Refused(Errno.ENOENT);
        }
        create(request, attributes, tuple, zone, Cause.of(socket, request));
    }

    private void create(
            ParsedMessage request, MessageAttributes attributes, ConntrackTuple tuple, ConntrackZone zone, Cause cause)
            throws Refused {
        ConntrackTuple mask = tuple(attributes, ExpectationAttribute.MASK, request.family());
        ConntrackTuple masterTuple = tuple(attributes, ExpectationAttribute.MASTER, request.family());
        TrackedConnection master = state.table().find(masterTuple, zone);
        if (master == null) {
            throw new Refused(Errno.ENOENT);
        }
        if (!master.spaceForHelper()) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        if (attributes.has(ExpectationAttribute.FN)) {
            throw new Refused(Errno.EINVAL);
        }
        // The helper determines the timeout, not the request. Of a mask, only the source applies.
        byte[] ones = new byte[mask.target().length()];
        Arrays.fill(ones, (byte) 0xff);
        ConntrackTuple counts =
                new ConntrackTuple(mask.source().toArray(), ones, tuple.protocol(), mask.sourcePart(), 0xffff);
        ExpectationContents made = ExpectationContents.of(
                        master.sample().original().plain(), tuple.plain(), counts)
                .timeout(TIMEOUT)
                .flags(attributes.number(ExpectationAttribute.FLAGS.code()) & ~4)
                .expectationClass(attributes.number(ExpectationAttribute.CLASS.code()));
        MessageAttributes nat = attributes.nested(ExpectationAttribute.NAT);
        if (nat != null) {
            if (!nat.has(ExpectationAttribute.Nat.DIR) || nat.nested(ExpectationAttribute.Nat.TUPLE) == null) {
                throw new Refused(Errno.EINVAL);
            }
            made.attributes().put(ExpectationAttribute.NAT, nat.copy());
        }
        MessageAttributes help = master.sample().attributes().nested(ConntrackAttribute.HELP);
        String helper = help == null ? null : help.text(ConntrackAttribute.Help.NAME);
        if (helper != null) {
            made.helper(helper);
        }
        List<ExpectationContents> others = state.expectationsOf(master);
        if (others.size() >= MAX_EXPECTED) {
            state.end(others.get(0), Cause.PACKET);
        }
        state.notices().expected(state.enter(made), cause);
    }

    /** The expectation that a request names. */
    private ExpectationContents named(ParsedMessage request, MessageAttributes attributes, boolean orByMaster)
            throws Refused {
        boolean byMaster = orByMaster && !attributes.has(ExpectationAttribute.TUPLE);
        ExpectationAttribute which = byMaster ? ExpectationAttribute.MASTER : ExpectationAttribute.TUPLE;
        if (!attributes.has(which)) {
            throw new Refused(Errno.EINVAL);
        }
        // The attribute is the master's tuple, but the kernel searches for it among the expected tuples.
        ExpectationContents found = state.expectation(tuple(attributes, which, request.family()), zone(attributes));
        long id = found == null ? 0 : found.number(ExpectationAttribute.ID);
        if (found == null || attributes.number(ExpectationAttribute.ID.code(), id) != id) {
            throw new Refused(Errno.ENOENT);
        }
        return found;
    }

    private void delete(KernelSocket socket, ParsedMessage request, MessageAttributes attributes) throws Refused {
        Cause cause = Cause.of(socket, request);
        if (attributes.has(ExpectationAttribute.TUPLE)) {
            state.end(named(request, attributes, false), cause);
            return;
        }
        String helper = attributes.text(ExpectationAttribute.HELP_NAME);
        for (ExpectationContents each : state.expectations()) {
            if (helper == null || helper.equals(each.attributes().text(ExpectationAttribute.HELP_NAME))) {
                state.end(each, cause);
            }
        }
    }

    private boolean dump(KernelSocket socket, ParsedMessage request, MessageAttributes attributes) throws Refused {
        List<ExpectationContents> found = state.expectations();
        if (attributes.has(ExpectationAttribute.MASTER)) {
            ConntrackTuple tuple = tuple(attributes, ExpectationAttribute.MASTER, request.family());
            TrackedConnection master = state.table().find(tuple, zone(attributes));
            if (master == null) {
                throw new Refused(Errno.ENOENT);
            }
            if (!master.spaceForHelper()) {
                return true; // no dump begins, so only an acknowledgement follows
            }
            found = state.expectationsOf(master);
        }
        Iterator<ExpectationContents> left = found.stream()
                .filter(each -> request.family() == 0 || each.tuple().family().number() == request.family())
                .iterator();
        boolean interrupted = state.takeInterruption();
        return !socket.dump(new KernelDump(
                socket,
                request,
                new KernelDump.Rows() {
                    @Override
                    public KernelDump.@Nullable Row next() {
                        return left.hasNext() ? row(left.next(), socket, request) : null;
                    }

                    @Override
                    public boolean interrupted() {
                        return interrupted;
                    }
                },
                false));
    }

    private KernelDump.Row row(ExpectationContents expectation, KernelSocket socket, ParsedMessage request) {
        return (writer, flags) -> expectation.write(
                writer.begin(ExpectationContents.NEW, flags, request.sequence(), socket.portId()),
                state.properties()::knows);
    }
}
