// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.codec.ExpectationReader;
import dev.nfkit.conntrack.codec.TupleReader;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a helper expects because another connection announced it, such as FTP's data connection. Immutable.
 *
 * <p>Follows {@code ctnetlink_exp_dump_expect} in {@code nf_conntrack_netlink.c}.
 */
public final class ConntrackExpectation {
    /** {@code NF_CT_EXPECT_PERMANENT}: it remains after a connection has fulfilled it. */
    public static final long PERMANENT = 0x1;
    /** {@code NF_CT_EXPECT_INACTIVE}: it has no effect until it is activated. */
    public static final long INACTIVE = 0x2;
    /** {@code NF_CT_EXPECT_USERSPACE}: a helper in user space made it. */
    public static final long USERSPACE = 0x4;

    private final AddressFamily family;
    private final @Nullable ConntrackTuple tuple;
    private final @Nullable ConntrackTuple mask;
    private final @Nullable ConntrackTuple master;
    private final @Nullable ConntrackTuple nat;
    private final @Nullable Direction natDirection;
    private final @Nullable Long timeout;
    private final @Nullable Long id;
    private final @Nullable Long flags;
    private final @Nullable Long helperClass;
    private final @Nullable String helper;
    private final @Nullable String function;
    private final int zone;
    private final Bytes attributes;
    private final ByteOrder order;

    private ConntrackExpectation(ExpectationReader read, Bytes attributes, ByteOrder order) {
        family = read.family;
        tuple = tuple(read.tuple);
        mask = tuple(read.mask);
        master = tuple(read.master);
        nat = tuple(read.nat);
        natDirection = read.natDirection == null ? null : read.natDirection == 0 ? Direction.ORIGINAL : Direction.REPLY;
        timeout = read.timeout;
        id = read.id;
        flags = read.flags;
        helperClass = read.helperClass;
        helper = read.helper;
        function = read.function;
        zone = read.zone;
        this.attributes = attributes;
        this.order = order;
    }

    private static @Nullable ConntrackTuple tuple(@Nullable TupleReader read) {
        return read == null ? null : ConntrackTuple.of(read);
    }

    /**
     * Reads an expectation from a message of {@link ConntrackMessage#EXP_NEW} or {@link ConntrackMessage#EXP_DELETE},
     * such as one of a recording.
     *
     * @param message a cursor at the message
     * @return the expectation
     * @throws MalformedMessageException if an attribute, at any depth, is cut or shorter than its type
     */
    public static ConntrackExpectation read(MessageCursor message) throws MalformedMessageException {
        ExpectationReader reader = ExpectationReader.read(message);
        int from = message.attributesOffset();
        Bytes attributes = new BytesView()
                .wrap(message.buffer(), from, message.end() - from)
                .copy();
        return new ConntrackExpectation(reader, attributes, message.order());
    }

    /**
     * All attributes as the kernel sent them ({@code CTA_EXPECT_*}), unknown ones included.
     *
     * @return the bytes
     */
    public Bytes attributes() {
        return attributes;
    }

    /**
     * The byte order of the headers of {@link #attributes()}.
     *
     * @return that of the host that wrote them
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * The family of the addresses.
     *
     * @return IPv4 or IPv6
     */
    public AddressFamily family() {
        return family;
    }

    /**
     * The expected connection.
     *
     * @return the original tuple of the connection to come, or empty if the kernel did not send it
     */
    public Optional<ConntrackTuple> tuple() {
        return Optional.ofNullable(tuple);
    }

    /**
     * The bits of the tuple that must match.
     *
     * @return addresses and ports as masks, or empty if the kernel did not send it
     */
    public Optional<ConntrackTuple> mask() {
        return Optional.ofNullable(mask);
    }

    /**
     * The connection that announced it.
     *
     * @return its original tuple, or empty if the kernel did not send it
     */
    public Optional<ConntrackTuple> master() {
        return Optional.ofNullable(master);
    }

    /**
     * The translation of the connection.
     *
     * @return address and port, or empty if nothing is translated
     */
    public Optional<ConntrackTuple> nat() {
        return Optional.ofNullable(nat);
    }

    /**
     * The direction that is translated.
     *
     * @return the direction, or empty if nothing is translated
     */
    public Optional<Direction> natDirection() {
        return Optional.ofNullable(natDirection);
    }

    /**
     * The time after which it expires.
     *
     * @return seconds, or empty if the kernel did not send it
     */
    public OptionalLong timeout() {
        return optional(timeout);
    }

    /**
     * Its id, opaque.
     *
     * @return 0 to 2³²−1, or empty if the kernel did not send it
     */
    public OptionalLong id() {
        return optional(id);
    }

    /**
     * Its flags: {@link #PERMANENT}, {@link #INACTIVE}, {@link #USERSPACE}.
     *
     * @return 0 to 2³²−1; 0 if the kernel did not send them
     */
    public long flags() {
        return flags == null ? 0 : flags;
    }

    /**
     * Whether the kernel sent the helper's class of expectation.
     *
     * @return false if {@link #helperClass} is 0 because it is absent
     */
    public boolean hasHelperClass() {
        return helperClass != null;
    }

    /**
     * The helper's class of expectation.
     *
     * @return 0 to 2³²−1; 0 if the kernel did not send it
     */
    public long helperClass() {
        return helperClass == null ? 0 : helperClass;
    }

    /**
     * The helper that expects.
     *
     * @return its name, or empty if the kernel did not send it
     */
    public Optional<String> helper() {
        return Optional.ofNullable(helper);
    }

    /**
     * The function that the kernel calls when the connection arrives.
     *
     * @return the function's name, such as {@code nat-follow-master}, or empty if there is none
     */
    public Optional<String> function() {
        return Optional.ofNullable(function);
    }

    /**
     * The zone.
     *
     * @return 0 to 65535; 0 if it is absent
     */
    public int zone() {
        return zone;
    }

    private static OptionalLong optional(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /**
     * Whether another object is the same expectation.
     *
     * @param other what to compare with
     * @return whether all members are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConntrackExpectation expectation
                && family.equals(expectation.family)
                && Objects.equals(tuple, expectation.tuple)
                && Objects.equals(mask, expectation.mask)
                && Objects.equals(master, expectation.master)
                && Objects.equals(nat, expectation.nat)
                && natDirection == expectation.natDirection
                && Objects.equals(timeout, expectation.timeout)
                && Objects.equals(id, expectation.id)
                && Objects.equals(flags, expectation.flags)
                && Objects.equals(helperClass, expectation.helperClass)
                && Objects.equals(helper, expectation.helper)
                && Objects.equals(function, expectation.function)
                && zone == expectation.zone;
    }

    /**
     * A hash of all members.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(tuple, mask, master, timeout, id, flags, helper, zone);
    }

    /**
     * A description of the expectation, for logs.
     *
     * @return text such as {@code tcp src=… dst=… sport=0 dport=2021, announced by tcp …, helper=ftp}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder().append(tuple == null ? "unknown" : tuple);
        text.append(master == null ? "" : ", announced by " + master);
        text.append(helper == null ? "" : ", helper=" + PrintableText.of(helper));
        text.append(timeout == null ? "" : ", timeout=" + timeout);
        return text.toString();
    }
}
