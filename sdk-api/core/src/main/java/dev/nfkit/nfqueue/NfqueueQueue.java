// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.CopyMode;

/**
 * The options of one NFQUEUE queue. A value, checked when it is built.
 *
 * <p>The kernel acknowledges some bad values and ignores them; here they are refused.
 */
public final class NfqueueQueue {
    private final Builder values;

    private NfqueueQueue(Builder values) {
        this.values = values;
    }

    /**
     * Starts the options of a queue.
     *
     * @param queue the queue, 0 to 65535; rules name it ({@code --queue-num}, {@code queue to})
     * @return a builder with the defaults
     * @throws IllegalArgumentException if the queue is out of range
     */
    public static Builder builder(int queue) {
        return new Builder(queue);
    }

    /**
     * A builder that starts with these options.
     *
     * @return a builder with these options
     */
    public Builder toBuilder() {
        return new Builder(values, values.queue);
    }

    /**
     * The same options for another queue.
     *
     * @param queue the other queue, 0 to 65535
     * @return its options
     * @throws IllegalArgumentException if the queue is out of range
     */
    public NfqueueQueue withQueue(int queue) {
        return new NfqueueQueue(new Builder(values, queue));
    }

    /**
     * The queue.
     *
     * @return 0 to 65535
     */
    public int queue() {
        return values.queue;
    }

    /**
     * The part of a packet that is copied.
     *
     * @return META or PACKET
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
     * The maximum number of packets that wait for their verdict.
     *
     * @return a count, from 1
     */
    public int maximumLength() {
        return values.maximumLength;
    }

    /**
     * Whether packets pass undecided if the queue is full.
     *
     * @return false if they are dropped
     */
    public boolean failOpen() {
        return values.failOpen;
    }

    /**
     * Whether packets carry their connection.
     *
     * @return whether they carry {@code NFQA_CT}
     */
    public boolean conntrack() {
        return values.conntrack;
    }

    /**
     * Whether large segments are delivered unchanged.
     *
     * @return whether packets may be larger than the MTU
     */
    public boolean gso() {
        return values.gso;
    }

    /**
     * Whether packets carry the owner of the sending socket.
     *
     * @return whether they carry {@code NFQA_UID} and {@code NFQA_GID}
     */
    public boolean uidGid() {
        return values.uidGid;
    }

    /**
     * Whether packets carry their security context.
     *
     * @return whether they carry {@code NFQA_SECCTX}
     */
    public boolean securityContext() {
        return values.securityContext;
    }

    /** The flags in the kernel's encoding. */
    int flags() {
        return (values.failOpen ? NfqueueConfig.NFQA_CFG_F_FAIL_OPEN : 0)
                | (values.conntrack ? NfqueueConfig.NFQA_CFG_F_CONNTRACK : 0)
                | (values.gso ? NfqueueConfig.NFQA_CFG_F_GSO : 0)
                | (values.uidGid ? NfqueueConfig.NFQA_CFG_F_UID_GID : 0)
                | (values.securityContext ? NfqueueConfig.NFQA_CFG_F_SECCTX : 0);
    }

    /** Collects the options of a queue. One thread at a time. */
    public static final class Builder {
        private final int queue;
        private CopyMode copyMode = CopyMode.PACKET;
        private int copyRange = NfqueueConfig.COPY_RANGE_MAX;
        private int maximumLength = NfqueueConfig.QUEUE_MAXLEN_DEFAULT;
        private boolean failOpen;
        private boolean conntrack;
        private boolean gso;
        private boolean uidGid;
        private boolean securityContext;

        private Builder(int queue) {
            this.queue = checked(queue);
        }

        private Builder(Builder other, int queue) {
            this.queue = checked(queue);
            copyMode = other.copyMode;
            copyRange = other.copyRange;
            maximumLength = other.maximumLength;
            failOpen = other.failOpen;
            conntrack = other.conntrack;
            gso = other.gso;
            uidGid = other.uidGid;
            securityContext = other.securityContext;
        }

        private static int checked(int queue) {
            if (queue < 0 || queue > 65535) {
                throw new IllegalArgumentException("queue " + queue + " is out of 0 to 65535");
            }
            return queue;
        }

        /**
         * The part of a packet that is copied; {@link CopyMode#PACKET} by default. With META a decider gets marks,
         * devices and hooks, at the lowest cost, but no length.
         *
         * @param mode META or PACKET
         * @return this builder
         * @throws IllegalArgumentException if it is NONE, in which the kernel refuses to queue anything
         */
        public Builder copyMode(CopyMode mode) {
            if (mode == CopyMode.NONE) {
                throw new IllegalArgumentException(
                        "copyMode NONE: the kernel queues nothing in it; use META or PACKET");
            }
            this.copyMode = mode;
            return this;
        }

        /**
         * The most bytes of a packet that are copied, from its network header on. A packet that is longer arrives
         * {@linkplain QueuedPacket#truncated() truncated}; bytes that were not copied stay unchanged, unless the
         * verdict replaces the payload. By default 65531, the most that an attribute holds.
         *
         * @param bytes 0 to 65531; 0 means the most
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder copyRange(int bytes) {
            if (bytes < 0 || bytes > NfqueueConfig.COPY_RANGE_MAX) {
                throw new IllegalArgumentException("copyRange " + bytes + " is out of 0 to 65531");
            }
            this.copyRange = bytes == 0 ? NfqueueConfig.COPY_RANGE_MAX : bytes;
            return this;
        }

        /**
         * The maximum number of packets that wait for their verdict. If the queue is full, further packets are dropped,
         * or with {@link #failOpen} pass. 1024 by default, as in the kernel; bursts and held packets need more.
         *
         * @param packets from 1
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maximumLength(int packets) {
            if (packets < 1) {
                throw new IllegalArgumentException("maximumLength " + packets + " is less than 1");
            }
            this.maximumLength = packets;
            return this;
        }

        /**
         * Whether packets pass undecided if the queue or the receive buffer is full ({@code NFQA_CFG_F_FAIL_OPEN}). Off
         * by default: they are dropped. The kernel does not count packets that pass a full queue. Packets that pass a
         * full receive buffer leave a gap in the ids, which {@link NfqueueStatistics#bypassed()} counts.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder failOpen(boolean on) {
            this.failOpen = on;
            return this;
        }

        /**
         * Whether packets carry their connection ({@code NFQA_CFG_F_CONNTRACK}). Off by default. Kernels without
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
         * Whether large segments are delivered unchanged ({@code NFQA_CFG_F_GSO}): packets of up to 64 KiB, at a
         * fraction of the cost, whose checksums may not be {@linkplain QueuedPacket#checksumNotReady() computed} yet.
         * Off by default: the kernel cuts segments into packets, each with an id, and computes checksums.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder gso(boolean on) {
            this.gso = on;
            return this;
        }

        /**
         * Whether packets carry user and group of the sending socket's owner ({@code NFQA_CFG_F_UID_GID}). Off by
         * default.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder uidGid(boolean on) {
            this.uidGid = on;
            return this;
        }

        /**
         * Whether packets carry their security context ({@code NFQA_CFG_F_SECCTX}). Off by default. Kernels without
         * {@code CONFIG_NETWORK_SECMARK} refuse it with EOPNOTSUPP.
         *
         * @param on true to switch it on
         * @return this builder
         */
        public Builder securityContext(boolean on) {
            this.securityContext = on;
            return this;
        }

        /**
         * The options as a value.
         *
         * @return an immutable value
         */
        public NfqueueQueue build() {
            return new NfqueueQueue(new Builder(this, queue));
        }
    }
}
