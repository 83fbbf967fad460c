// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.netfilter.CopyMode;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * The options of one NFLOG group. A value, checked when it is built.
 *
 * <p>The kernel acknowledges some bad values and ignores them; here they are refused.
 */
public final class NflogGroup {
    private static final Duration LONGEST_TIMEOUT = Duration.ofMillis(0xffff_ffffL * 10);

    private final Builder values;

    private NflogGroup(Builder values) {
        this.values = values;
    }

    /**
     * Starts the options of a group.
     *
     * @param group the group, 0 to 65535; rules name it ({@code --nflog-group}, {@code log group})
     * @return a builder with the defaults
     * @throws IllegalArgumentException if the group is out of range
     */
    public static Builder builder(int group) {
        return new Builder(group);
    }

    /**
     * The group.
     *
     * @return 0 to 65535
     */
    public int group() {
        return values.group;
    }

    /**
     * The part of a packet that is copied.
     *
     * @return the mode
     */
    public CopyMode copyMode() {
        return values.copyMode;
    }

    /**
     * The most bytes of a packet that are copied.
     *
     * @return 1 to 65531
     */
    public int copyRange() {
        return values.copyRange;
    }

    /**
     * The kernel's buffer for a batch (NLBUFSIZ), if it was set.
     *
     * @return bytes, or empty if the session chooses it
     */
    public OptionalInt bufferSize() {
        return values.bufferSize == 0 ? OptionalInt.empty() : OptionalInt.of(values.bufferSize);
    }

    /**
     * The longest time that the kernel holds a packet.
     *
     * @return a multiple of 10 ms
     */
    public Duration timeout() {
        return values.timeout;
    }

    /**
     * The maximum number of packets in a batch.
     *
     * @return a count, from 1
     */
    public int threshold() {
        return values.threshold;
    }

    /**
     * Whether packets are numbered in their group.
     *
     * @return whether losses can be counted exactly
     */
    public boolean sequence() {
        return values.sequence;
    }

    /**
     * Whether packets are numbered across all groups of the namespace.
     *
     * @return whether they carry {@code NFULA_SEQ_GLOBAL}
     */
    public boolean sequenceGlobal() {
        return values.sequenceGlobal;
    }

    /**
     * Whether packets carry their connection.
     *
     * @return whether they carry {@code NFULA_CT}
     */
    public boolean conntrack() {
        return values.conntrack;
    }

    /** Collects the options of a group. One thread at a time. */
    public static final class Builder {
        private final int group;
        private CopyMode copyMode = CopyMode.PACKET;
        private int copyRange = NflogConfig.COPY_RANGE_MAX;
        private int bufferSize;
        private Duration timeout = Duration.ofMillis(100);
        private int threshold = 1024;
        private boolean sequence = true;
        private boolean sequenceGlobal;
        private boolean conntrack;

        private Builder(int group) {
            if (group < 0 || group > 65535) {
                throw new IllegalArgumentException("group " + group + " is out of 0 to 65535");
            }
            this.group = group;
        }

        private Builder(Builder other) {
            group = other.group;
            copyMode = other.copyMode;
            copyRange = other.copyRange;
            bufferSize = other.bufferSize;
            timeout = other.timeout;
            threshold = other.threshold;
            sequence = other.sequence;
            sequenceGlobal = other.sequenceGlobal;
            conntrack = other.conntrack;
        }

        /**
         * The part of a packet that is copied; {@link CopyMode#PACKET} by default.
         *
         * @param mode the mode
         * @return this builder
         */
        public Builder copyMode(CopyMode mode) {
            this.copyMode = mode;
            return this;
        }

        /**
         * The most bytes of a packet that are copied, from its network header on. A packet that is longer arrives
         * {@linkplain NflogPacket#truncated() truncated}. By default 65531, the most that an attribute holds. Packets
         * of the loopback interface, whose MTU is 65536, can be longer; to avoid this, set its MTU to 65535 or less.
         *
         * @param bytes 0 to 65531; 0 means the most
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder copyRange(int bytes) {
            if (bytes < 0 || bytes > NflogConfig.COPY_RANGE_MAX) {
                throw new IllegalArgumentException("copyRange " + bytes + " is out of 0 to 65531");
            }
            this.copyRange = bytes == 0 ? NflogConfig.COPY_RANGE_MAX : bytes;
            return this;
        }

        /**
         * The minimum size that the kernel allocates for a batch (NLBUFSIZ); datagrams become up to twice as large. By
         * default 65536, or less if the receive buffer would hold only a few such datagrams.
         *
         * @param bytes 3776 to 131072
         * @return this builder
         * @throws IllegalArgumentException if it is out of range: the kernel would acknowledge and ignore it
         */
        public Builder bufferSize(int bytes) {
            if (bytes < NflogConfig.NLBUFSIZ_MIN || bytes > NflogConfig.NLBUFSIZ_MAX) {
                throw new IllegalArgumentException("bufferSize " + bytes + " is out of 3776 to 131072");
            }
            this.bufferSize = bytes;
            return this;
        }

        /**
         * The longest time that the kernel holds a packet until its batch is full, which is the delay at low rates. 100
         * ms by default.
         *
         * @param timeout a multiple of 10 ms, from 0 to 497 days
         * @return this builder
         * @throws IllegalArgumentException if it is out of range or no such multiple
         */
        public Builder timeout(Duration timeout) {
            if (timeout.isNegative()
                    || timeout.compareTo(LONGEST_TIMEOUT) > 0
                    || timeout.toNanos() % 10_000_000L != 0) {
                throw new IllegalArgumentException(
                        "timeout " + timeout + " is no multiple of 10 ms from 0 to " + LONGEST_TIMEOUT);
            }
            this.timeout = timeout;
            return this;
        }

        /**
         * The number of packets that the kernel collects before it sends them. A lower value of the rule takes
         * precedence ({@code --nflog-threshold}, {@code queue-threshold}). 1024 by default; 1 sends each at once, at
         * several times the cost.
         *
         * @param packets from 1
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder threshold(int packets) {
            if (packets < 1) {
                throw new IllegalArgumentException("threshold " + packets + " is less than 1");
            }
            this.threshold = packets;
            return this;
        }

        /**
         * Whether packets are numbered in their group ({@code NFULNL_CFG_F_SEQ}), so that losses are counted exactly.
         * On by default.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder sequence(boolean on) {
            this.sequence = on;
            return this;
        }

        /**
         * Whether packets are numbered across all groups ({@code NFULNL_CFG_F_SEQ_GLOBAL}). Off by default.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder sequenceGlobal(boolean on) {
            this.sequenceGlobal = on;
            return this;
        }

        /**
         * Whether packets carry their connection ({@code NFULNL_CFG_F_CONNTRACK}). Off by default. Kernels without
         * {@code CONFIG_NETFILTER_NETLINK_GLUE_CT} refuse it with EOPNOTSUPP.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder conntrack(boolean on) {
            this.conntrack = on;
            return this;
        }

        /**
         * The options as a value.
         *
         * @return an immutable value
         */
        public NflogGroup build() {
            return new NflogGroup(new Builder(this));
        }
    }
}
