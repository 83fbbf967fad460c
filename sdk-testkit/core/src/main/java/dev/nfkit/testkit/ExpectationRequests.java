package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.testkit.ConntrackNotices.Cause;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
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

    private final FakeConntrack model;

    ExpectationRequests(FakeConntrack model) {
        this.model = model;
    }

    /** Executes a message. Returns whether it may be acknowledged; a dump is not. */
    boolean carryOut(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        SampleAttributes attributes = RequestAttributes.read(ExpectationAttribute.SCHEMA, request, model.settings());
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
                            socket, request, StatisticsRows.ofExpectations(request, socket, model.settings()), false));
                }
            }
            default -> throw new Refused(Errno.EINVAL);
        }
        return true;
    }

    private static SampleTuple tuple(SampleAttributes request, ExpectationAttribute which, int family) throws Refused {
        SampleAttributes tuple = request.nested(which);
        return RequestedTuple.read(
                tuple == null ? new SampleAttributes(ConntrackAttribute.Tuple.SCHEMA) : tuple, family);
    }

    private static ConntrackZone zone(SampleAttributes request) {
        return request.value(ExpectationAttribute.ZONE.code())
                .map(value -> ConntrackZone.of(value.u16(0)))
                .orElse(ConntrackZone.NONE);
    }

    private void renew(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes) throws Refused {
        if (!attributes.has(ExpectationAttribute.TUPLE)
                || !attributes.has(ExpectationAttribute.MASK)
                || !attributes.has(ExpectationAttribute.MASTER)) {
            throw new Refused(Errno.EINVAL);
        }
        SampleTuple tuple = tuple(attributes, ExpectationAttribute.TUPLE, request.family());
        ConntrackZone zone = zone(attributes);
        SampleExpectation found = model.expectation(tuple, zone);
        if (found != null) {
            if ((request.flags() & Netlink.NLM_F_EXCL) != 0) {
                throw new Refused(Errno.EEXIST);
            }
            if (attributes.has(ExpectationAttribute.TIMEOUT)) {
                model.expireAfter(found, attributes.number(ExpectationAttribute.TIMEOUT.code()));
            }
            return;
        }
        if ((request.flags() & Netlink.NLM_F_CREATE) == 0) {
            throw new Refused(Errno.ENOENT);
        }
        create(request, attributes, tuple, zone, Cause.of(socket, request));
    }

    private void create(
            SentMessage request, SampleAttributes attributes, SampleTuple tuple, ConntrackZone zone, Cause cause)
            throws Refused {
        SampleTuple mask = tuple(attributes, ExpectationAttribute.MASK, request.family());
        SampleTuple masterTuple = tuple(attributes, ExpectationAttribute.MASTER, request.family());
        TrackedConnection master = model.table().find(masterTuple, zone);
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
        java.util.Arrays.fill(ones, (byte) 0xff);
        SampleTuple counts =
                new SampleTuple(mask.source().toArray(), ones, tuple.protocol(), mask.sourcePart(), 0xffff, -1);
        SampleExpectation made = SampleExpectation.of(master.sample().original().plain(), tuple.plain(), counts)
                .timeout(TIMEOUT)
                .flags(attributes.number(ExpectationAttribute.FLAGS.code()) & ~4)
                .expectationClass(attributes.number(ExpectationAttribute.CLASS.code()));
        SampleAttributes nat = attributes.nested(ExpectationAttribute.NAT);
        if (nat != null) {
            if (!nat.has(ExpectationAttribute.Nat.DIR) || nat.nested(ExpectationAttribute.Nat.TUPLE) == null) {
                throw new Refused(Errno.EINVAL);
            }
            made.attributes.put(ExpectationAttribute.NAT, nat.copy());
        }
        SampleAttributes help = master.sample().attributes.nested(ConntrackAttribute.HELP);
        String helper = help == null ? null : help.text(ConntrackAttribute.Help.NAME);
        if (helper != null) {
            made.helper(helper);
        }
        List<SampleExpectation> others = model.expectationsOf(master);
        if (others.size() >= MAX_EXPECTED) {
            model.end(others.get(0), Cause.PACKET);
        }
        model.notices().expected(model.enter(made), cause);
    }

    /** The expectation that a request names. */
    private SampleExpectation named(SentMessage request, SampleAttributes attributes, boolean orByMaster)
            throws Refused {
        boolean byMaster = orByMaster && !attributes.has(ExpectationAttribute.TUPLE);
        ExpectationAttribute which = byMaster ? ExpectationAttribute.MASTER : ExpectationAttribute.TUPLE;
        if (!attributes.has(which)) {
            throw new Refused(Errno.EINVAL);
        }
        // The attribute is the master's tuple, but the kernel searches for it among the expected tuples.
        SampleExpectation found = model.expectation(tuple(attributes, which, request.family()), zone(attributes));
        long id = found == null ? 0 : found.number(ExpectationAttribute.ID);
        if (found == null || attributes.number(ExpectationAttribute.ID.code(), id) != id) {
            throw new Refused(Errno.ENOENT);
        }
        return found;
    }

    private void delete(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes) throws Refused {
        Cause cause = Cause.of(socket, request);
        if (attributes.has(ExpectationAttribute.TUPLE)) {
            model.end(named(request, attributes, false), cause);
            return;
        }
        String helper = attributes.text(ExpectationAttribute.HELP_NAME);
        for (SampleExpectation each : model.allExpectations()) {
            if (helper == null || helper.equals(each.attributes.text(ExpectationAttribute.HELP_NAME))) {
                model.end(each, cause);
            }
        }
    }

    private boolean dump(FakeNetlinkSocket socket, SentMessage request, SampleAttributes attributes) throws Refused {
        List<SampleExpectation> found = model.allExpectations();
        if (attributes.has(ExpectationAttribute.MASTER)) {
            SampleTuple tuple = tuple(attributes, ExpectationAttribute.MASTER, request.family());
            TrackedConnection master = model.table().find(tuple, zone(attributes));
            if (master == null) {
                throw new Refused(Errno.ENOENT);
            }
            if (!master.spaceForHelper()) {
                return true; // no dump begins, so only an acknowledgement follows
            }
            found = model.expectationsOf(master);
        }
        Iterator<SampleExpectation> left = found.stream()
                .filter(each -> request.family() == 0 || each.tuple().family().number() == request.family())
                .iterator();
        boolean interrupted = model.takeInterruption();
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

    private KernelDump.Row row(SampleExpectation expectation, FakeNetlinkSocket socket, SentMessage request) {
        return (writer, flags) -> expectation.write(
                writer.begin(SampleExpectation.NEW, flags, request.sequence(), socket.portId()),
                model.settings()::knows);
    }
}
