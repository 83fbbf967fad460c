// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.LabelBits;
import dev.nfkit.conntrack.codec.MaskedBits;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.wire.MessageWriter;
import java.time.Duration;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A change of a connection: values that are not set stay unchanged. An immutable value; each method returns a new one.
 *
 * <pre>{@code
 * ConntrackUpdate.none().mark(0x10, 0xf0).timeout(Duration.ofMinutes(2))
 * }</pre>
 *
 * <p>Follows {@code ctnetlink_change_conntrack} and {@code ctnetlink_glue_parse_ct} in {@code nf_conntrack_netlink.c}.
 */
public final class ConntrackUpdate {
    private static final int HELPER_NAME_LEN = 16;
    private static final ConntrackUpdate NONE = new ConntrackUpdate();

    private @Nullable MaskedBits mark;
    private @Nullable Long timeout;
    private @Nullable Long status;
    private @Nullable Labels labels;
    private @Nullable String helper;
    private @Nullable ProtocolUpdate protocol;

    /** The labels that are set, of those to change. */
    private record Labels(BitSet set, BitSet mask) {
        boolean areThoseOf(ConntrackEntry entry) {
            BitSet now = entry.has(ConntrackAttribute.LABELS) ? entry.labels() : new BitSet();
            now.and(mask);
            return now.equals(set);
        }
    }

    private ConntrackUpdate() {}

    private ConntrackUpdate(ConntrackUpdate other) {
        mark = other.mark;
        timeout = other.timeout;
        status = other.status;
        labels = other.labels;
        helper = other.helper;
        protocol = other.protocol;
    }

    /**
     * Changes nothing.
     *
     * @return an empty update, to start from
     */
    public static ConntrackUpdate none() {
        return NONE;
    }

    /**
     * Sets the whole mark.
     *
     * @param mark 0 to 2³²−1
     * @return a new update
     * @throws IllegalArgumentException if it is out of range
     */
    public ConntrackUpdate mark(long mark) {
        return mark(MaskedBits.all("mark", mark));
    }

    /**
     * Sets some bits of the mark. Needs a kernel with {@code CONFIG_NF_CONNTRACK_MARK}.
     *
     * @param mark the bits' new values, 0 to 2³²−1
     * @param mask the bits to set, 0 to 2³²−1
     * @return a new update
     * @throws IllegalArgumentException if a number is out of range, or the mark has a bit outside of the mask: the
     *     kernel would toggle that one
     */
    public ConntrackUpdate mark(long mark, long mask) {
        return mark(MaskedBits.of("mark", mark, mask, ", which the kernel would toggle"));
    }

    private ConntrackUpdate mark(MaskedBits bits) {
        ConntrackUpdate update = new ConntrackUpdate(this);
        update.mark = bits;
        return update;
    }

    /**
     * Sets the time without a packet after which the kernel removes the connection. The next packet sets it again, by
     * its protocol's rule.
     *
     * @param timeout whole seconds, from 0 to 2³²−1
     * @return a new update
     * @throws IllegalArgumentException if it is out of range or not a whole number of seconds
     */
    public ConntrackUpdate timeout(Duration timeout) {
        ConntrackUpdate update = new ConntrackUpdate(this);
        update.timeout = Ranges.seconds(timeout);
        return update;
    }

    /**
     * Sets status bits ({@code IPS_*}). In the table they are set in addition to the connection's bits ({@link
     * dev.nfkit.conntrack.table.Conntrack#update}), and no bit is cleared. The kernel sets those that user space may set, such as {@link
     * ConntrackStatus#ASSURED} and {@link ConntrackStatus#FIXED_TIMEOUT}, ignores those that only the kernel sets, and
     * refuses (EBUSY) {@link ConntrackStatus#EXPECTED} and {@link ConntrackStatus#DYING} for a connection without them.
     * In a verdict the bits are sent unchanged, and replace those that user space may change.
     *
     * @param bits 0 to 2³²−1
     * @return a new update
     * @throws IllegalArgumentException if it is out of range
     */
    public ConntrackUpdate status(long bits) {
        ConntrackUpdate update = new ConntrackUpdate(this);
        update.status = Ranges.u32("status", bits);
        return update;
    }

    /**
     * Sets all labels. The connection must have space for labels, which a rule that matches labels provides.
     *
     * @param labels the labels that are set, of 0 to 127
     * @return a new update
     * @throws IllegalArgumentException if a label is out of range
     */
    public ConntrackUpdate labels(BitSet labels) {
        BitSet all = new BitSet();
        all.set(0, LabelBits.COUNT);
        return labels(labels, all);
    }

    /**
     * Sets some labels. The connection must have space for labels, which a rule that matches labels provides; otherwise
     * the kernel ignores this change and also that of the mark.
     *
     * @param labels the labels that are set, of 0 to 127
     * @param mask the labels to change
     * @return a new update
     * @throws IllegalArgumentException if a label is out of range, or set outside of the mask
     */
    public ConntrackUpdate labels(BitSet labels, BitSet mask) {
        if (labels.length() > LabelBits.COUNT || mask.length() > LabelBits.COUNT) {
            throw new IllegalArgumentException("labels " + labels + ", mask " + mask + ": a label is out of 0 to 127");
        }
        BitSet outside = (BitSet) labels.clone();
        outside.andNot(mask);
        if (!outside.isEmpty()) {
            throw new IllegalArgumentException("labels " + outside + " are set outside of the mask");
        }
        ConntrackUpdate update = new ConntrackUpdate(this);
        update.labels = new Labels((BitSet) labels.clone(), (BitSet) mask.clone());
        return update;
    }

    /**
     * Sets the helper that follows the connection's protocol. The kernel accepts the helper that the connection already
     * has. It refuses another one (EBUSY), and any helper for a connection that began without one (EOPNOTSUPP): a rule
     * assigns a helper when the connection begins, or {@link dev.nfkit.conntrack.table.NewConnection#helper} does.
     *
     * @param name the helper's name such as {@code ftp}, 1 to 15 bytes
     * @return a new update
     * @throws IllegalArgumentException if the name is empty or too long
     */
    public ConntrackUpdate helper(String name) {
        Objects.requireNonNull(name, "helper");
        if (name.isEmpty() || name.length() >= HELPER_NAME_LEN || !name.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException("helper \"" + name + "\" is no name of 1 to 15 ASCII characters");
        }
        ConntrackUpdate update = new ConntrackUpdate(this);
        update.helper = name;
        return update;
    }

    /**
     * Sets the tracked state of the protocol, such as the state of TCP. Only for connections in the table: in a verdict
     * the kernel ignores it.
     *
     * @param protocol the change
     * @return a new update
     */
    public ConntrackUpdate protocol(ProtocolUpdate protocol) {
        ConntrackUpdate update = new ConntrackUpdate(this);
        update.protocol = Objects.requireNonNull(protocol, "protocol");
        return update;
    }

    /**
     * The status bits to set.
     *
     * @return the bits; empty if none are given
     */
    public OptionalLong status() {
        return status == null ? OptionalLong.empty() : OptionalLong.of(status);
    }

    /**
     * The change of the protocol's state.
     *
     * @return the change; empty if there is none
     */
    public Optional<ProtocolUpdate> protocol() {
        return Optional.ofNullable(protocol);
    }

    /**
     * Whether nothing changes.
     *
     * @return whether nothing is set
     */
    public boolean isNone() {
        return mark == null
                && timeout == null
                && status == null
                && labels == null
                && helper == null
                && protocol == null;
    }

    /**
     * Whether the update would change a connection of the table. A timeout changes it, unless the same number of
     * seconds is left.
     *
     * @param entry the connection
     * @return false if the connection already has all these values
     */
    public boolean changes(ConntrackEntry entry) {
        boolean marked = mark != null && !mark.matches(entry.mark());
        boolean timed =
                timeout != null && !(entry.has(ConntrackAttribute.TIMEOUT) && entry.timeout() == timeout.longValue());
        boolean stated = status != null && !(entry.has(ConntrackAttribute.STATUS) && (status & ~entry.status()) == 0);
        boolean helped = helper != null && !(entry.hasHelper() && entry.helper().equals(helper));
        boolean tracked =
                protocol != null && !entry.protocolInfo().map(protocol::isMetBy).orElse(false);
        return marked || timed || stated || helped || tracked || (labels != null && !labels.areThoseOf(entry));
    }

    /**
     * Writes the attributes ({@code CTA_*}) of the changes.
     *
     * @param writer the target; a message or nest must have been begun
     */
    public void writeTo(MessageWriter writer) {
        if (timeout != null) {
            writer.be32(Cta.TIMEOUT, timeout);
        }
        if (status != null) {
            writer.be32(Cta.STATUS, status);
        }
        if (helper != null) {
            int nest = writer.beginNest(Cta.HELP);
            writer.string(Cta.HELP_NAME, helper);
            writer.endNest(nest);
        }
        if (mark != null) {
            writer.be32(Cta.MARK, mark.value());
            if (!mark.isWhole()) {
                writer.be32(Cta.MARK_MASK, mark.mask());
            }
        }
        if (labels != null) {
            writer.hostLongs(Cta.LABELS, LabelBits.words(labels.set));
            writer.hostLongs(Cta.LABELS_MASK, LabelBits.words(labels.mask));
        }
        if (protocol != null) {
            ProtocolWriter.write(writer, protocol);
        }
    }

    /**
     * Whether another object is the same change.
     *
     * @param other what to compare with
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConntrackUpdate update
                && Objects.equals(mark, update.mark)
                && Objects.equals(timeout, update.timeout)
                && Objects.equals(status, update.status)
                && Objects.equals(labels, update.labels)
                && Objects.equals(helper, update.helper)
                && Objects.equals(protocol, update.protocol);
    }

    /**
     * A hash of all values.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(mark, timeout, status, labels, helper, protocol);
    }

    /**
     * A description of the changes, for logs.
     *
     * @return text such as {@code mark 0x10/0xf0, timeout 120 s}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (mark != null) {
            text.append(", mark ").append(mark);
        }
        if (timeout != null) {
            text.append(", timeout ").append(timeout).append(" s");
        }
        if (status != null) {
            text.append(", status 0x").append(Long.toHexString(status));
        }
        if (labels != null) {
            text.append(", labels ").append(labels.set);
        }
        if (helper != null) {
            text.append(", helper ").append(helper);
        }
        if (protocol != null) {
            text.append(", ").append(protocol);
        }
        return text.isEmpty() ? "no change" : text.substring(2);
    }
}
