// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.wire.MessageWriter;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An expectation to be created. An immutable value; each method returns a new one.
 *
 * <p>Follows {@code ctnetlink_create_expect} in {@code nf_conntrack_netlink.c}.
 */
public final class NewExpectation {
    private final ConntrackTuple master;
    private final ConntrackTuple tuple;
    private final ConntrackTuple mask;
    private final long timeout;
    private long flags;
    private long helperClass;
    private @Nullable String helper;
    private @Nullable ConntrackTuple nat;
    private Direction natDirection = Direction.ORIGINAL;
    private int zone;

    private NewExpectation(ConntrackTuple master, ConntrackTuple tuple, ConntrackTuple mask, long timeout) {
        this.master = master;
        this.tuple = tuple;
        this.mask = mask;
        this.timeout = timeout;
    }

    private NewExpectation(NewExpectation other) {
        this(other.master, other.tuple, other.mask, other.timeout);
        flags = other.flags;
        helperClass = other.helperClass;
        helper = other.helper;
        nat = other.nat;
        natDirection = other.natDirection;
        zone = other.zone;
    }

    /**
     * An expectation.
     *
     * @param master the original tuple of the connection that announces it, which must be in the table and have a
     *     helper
     * @param tuple the original tuple of the connection to come
     * @param mask the bits of its addresses and ports that must match: all ones, or zeros for those that are ignored;
     *     the kernel evaluates only the source's
     * @param timeout the time after which it expires: whole seconds, 0 to 2³²−1. A helper in the kernel uses its own
     *     time instead: 300 seconds for FTP
     * @return the expectation
     * @throws IllegalArgumentException if the timeout is out of range, or the tuples are of two families
     */
    public static NewExpectation of(
            ConntrackTuple master, ConntrackTuple tuple, ConntrackTuple mask, Duration timeout) {
        sameFamily("the master's tuple", master, tuple);
        sameFamily("the mask", mask, tuple);
        return new NewExpectation(
                Objects.requireNonNull(master, "master"),
                Objects.requireNonNull(tuple, "tuple"),
                Objects.requireNonNull(mask, "mask"),
                Ranges.seconds(timeout));
    }

    private static void sameFamily(String what, ConntrackTuple given, ConntrackTuple expected) {
        if (!given.family().equals(expected.family())) {
            throw new IllegalArgumentException(
                    what + " is of " + given.family() + ", the tuple (" + expected + ") of " + expected.family());
        }
    }

    /**
     * The flags.
     *
     * @param flags {@link dev.nfkit.conntrack.ConntrackExpectation#PERMANENT} and others, 0 to 2³²−1
     * @return a new value
     * @throws IllegalArgumentException if they are out of range
     */
    public NewExpectation flags(long flags) {
        NewExpectation expectation = new NewExpectation(this);
        expectation.flags = Ranges.u32("flags", flags);
        return expectation;
    }

    /**
     * The helper's class of expectation.
     *
     * @param helperClass 0 to 2³²−1
     * @return a new value
     * @throws IllegalArgumentException if it is out of range
     */
    public NewExpectation helperClass(long helperClass) {
        NewExpectation expectation = new NewExpectation(this);
        expectation.helperClass = Ranges.u32("helperClass", helperClass);
        return expectation;
    }

    /**
     * The helper that follows the connection to come.
     *
     * @param name such as {@code ftp}
     * @return a new value
     */
    public NewExpectation helper(String name) {
        NewExpectation expectation = new NewExpectation(this);
        expectation.helper = Objects.requireNonNull(name, "helper");
        return expectation;
    }

    /**
     * Translates the connection to come.
     *
     * @param direction the direction
     * @param to the address and port, as a tuple's source
     * @return a new value
     * @throws IllegalArgumentException if the address is of another family
     */
    public NewExpectation nat(Direction direction, ConntrackTuple to) {
        NewExpectation expectation = new NewExpectation(this);
        expectation.natDirection = Objects.requireNonNull(direction, "direction");
        sameFamily("the translation", to, tuple);
        expectation.nat = to;
        return expectation;
    }

    /**
     * The zone.
     *
     * @param zone 0 to 65535
     * @return a new value
     * @throws IllegalArgumentException if it is out of range
     */
    public NewExpectation zone(int zone) {
        NewExpectation expectation = new NewExpectation(this);
        expectation.zone = Ranges.zone(zone);
        return expectation;
    }

    /**
     * The original tuple of the connection to come.
     *
     * @return the tuple
     */
    public ConntrackTuple tuple() {
        return tuple;
    }

    void writeTo(MessageWriter writer) {
        master.writeTo(writer, Cta.EXPECT_MASTER);
        tuple.writeTo(writer, Cta.EXPECT_TUPLE);
        mask.writeTo(writer, Cta.EXPECT_MASK);
        writer.be32(Cta.EXPECT_TIMEOUT, timeout);
        writer.be32(Cta.EXPECT_FLAGS, flags);
        writer.be32(Cta.EXPECT_CLASS, helperClass);
        if (helper != null) {
            writer.string(Cta.EXPECT_HELP_NAME, helper);
        }
        if (nat != null) {
            int nest = writer.beginNest(Cta.EXPECT_NAT);
            writer.be32(Cta.EXPECT_NAT_DIR, natDirection == Direction.ORIGINAL ? 0 : 1);
            nat.writeTo(writer, Cta.EXPECT_NAT_TUPLE);
            writer.endNest(nest);
        }
        if (zone != 0) {
            writer.be16(Cta.EXPECT_ZONE, zone);
        }
    }

    /**
     * A description of the expectation, for logs.
     *
     * @return text such as {@code tcp src=… dst=… sport=0 dport=2021, announced by tcp …}
     */
    @Override
    public String toString() {
        return tuple + ", announced by " + master;
    }
}
