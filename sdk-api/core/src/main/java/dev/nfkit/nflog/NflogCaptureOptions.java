// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.pcap.LinkType;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How {@link NflogCaptureFiles} writes: into one file, or into a sequence of files of which the last are kept.
 *
 * <pre>{@code
 * NflogCaptureOptions options = NflogCaptureOptions.builder()
 *         .fileBytes(10_000_000)
 *         .fileTime(Duration.ofHours(1))
 *         .keep(24)
 *         .build();
 * }</pre>
 *
 * <p>Without a limit of a file there is one file, with the given name. With one, the names are derived from it, as
 * dumpcap derives them: {@code https.pcapng} becomes {@code https_00001_20261120223344.pcapng}, with a number from 1 and
 * the local time. Immutable.
 */
public final class NflogCaptureOptions {
    private final int linkType;
    private final boolean classic;
    private final long fileBytes;
    private final long filePackets;
    private final long fileNanos;
    private final int keep;
    private final String application;
    private final List<NflogGroup> groups;

    private NflogCaptureOptions(Builder builder) {
        linkType = builder.linkType;
        classic = builder.classic;
        fileBytes = builder.fileBytes;
        filePackets = builder.filePackets;
        fileNanos = builder.fileNanos;
        keep = builder.keep;
        application = builder.application;
        groups = builder.groups;
    }

    /**
     * Options of one pcapng file that keeps all attributes.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Whether there is a sequence of files.
     *
     * @return whether a file has a limit
     */
    public boolean rotates() {
        return fileBytes > 0 || filePackets > 0 || fileNanos > 0;
    }

    int linkType() {
        return linkType;
    }

    boolean classic() {
        return classic;
    }

    /** Long.MAX_VALUE for no limit. */
    long fileBytes() {
        return fileBytes == 0 ? Long.MAX_VALUE : fileBytes;
    }

    /** Long.MAX_VALUE for no limit. */
    long filePackets() {
        return filePackets == 0 ? Long.MAX_VALUE : filePackets;
    }

    /** 0 for no limit. */
    long fileNanos() {
        return fileNanos;
    }

    /** 0 for all. */
    int keep() {
        return keep;
    }

    String application() {
        return application;
    }

    List<NflogGroup> groups() {
        return groups;
    }

    /** Collects the options. */
    public static final class Builder {
        private int linkType = LinkType.NFLOG;
        private boolean classic;
        private long fileBytes;
        private long filePackets;
        private long fileNanos;
        private int keep;
        private String application = "nfkit";
        private List<NflogGroup> groups = List.of();

        private Builder() {}

        /**
         * What a file has of a packet: all attributes ({@link LinkType#NFLOG}, the default), or the bare IP packet
         * ({@link LinkType#RAW}) for tools that need it; other packets are then counted in {@link
         * NflogCaptureFiles#skipped()}.
         *
         * @param value the link type
         * @return this
         * @throws IllegalArgumentException if it is another
         */
        public Builder linkType(int value) {
            if (value != LinkType.NFLOG && value != LinkType.RAW) {
                throw new IllegalArgumentException("link type " + LinkType.describe(value) + " is none of "
                        + LinkType.describe(LinkType.NFLOG) + " and " + LinkType.describe(LinkType.RAW));
            }
            linkType = value;
            return this;
        }

        /**
         * Writes classic pcap instead of pcapng: without comments, names of interfaces and statistics.
         *
         * @param value whether; false unless set
         * @return this
         */
        public Builder classic(boolean value) {
            classic = value;
            return this;
        }

        /**
         * Begins the next file once a file has this length. A file exceeds it by less than a packet.
         *
         * @param value bytes, from 1; no limit unless set
         * @return this
         * @throws IllegalArgumentException if it is less
         */
        public Builder fileBytes(long value) {
            fileBytes = atLeastOne("fileBytes", value);
            return this;
        }

        /**
         * Begins the next file once a file has this number of packets.
         *
         * @param value packets, from 1; no limit unless set
         * @return this
         * @throws IllegalArgumentException if it is less
         */
        public Builder filePackets(long value) {
            filePackets = atLeastOne("filePackets", value);
            return this;
        }

        /**
         * Begins the next file once a file is this old: with the first packet after it, or by {@link
         * NflogCaptureFiles#rotateIfOld()}.
         *
         * @param value more than 0; no limit unless set
         * @return this
         * @throws IllegalArgumentException if it is not positive
         */
        public Builder fileTime(Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException("fileTime " + value + " is not positive");
            }
            fileNanos = value.toNanos();
            return this;
        }

        /**
         * Keeps this number of files, that being written included, and deletes older ones of this capture.
         *
         * @param value files, from 1; all unless set
         * @return this
         * @throws IllegalArgumentException if it is less
         */
        public Builder keep(int value) {
            keep = (int) atLeastOne("keep", value);
            return this;
        }

        /**
         * Names the program in the file.
         *
         * @param value a name such as {@code recorder 1.2}; {@code nfkit} unless set
         * @return this
         */
        public Builder application(String value) {
            application = Objects.requireNonNull(value);
            return this;
        }

        /**
         * Declares groups before their first packets, so that a file has them even if they have none.
         *
         * @param value the groups, {@code options.groups()} of the session; none unless set
         * @return this
         */
        public Builder groups(List<NflogGroup> value) {
            groups = List.copyOf(value);
            return this;
        }

        private static long atLeastOne(String field, long value) {
            if (value < 1) {
                throw new IllegalArgumentException(field + " " + value + " is less than 1");
            }
            return value;
        }

        /**
         * Completes the options.
         *
         * @return the options
         * @throws IllegalArgumentException if files are to be kept, but no limit ever begins another
         */
        public NflogCaptureOptions build() {
            NflogCaptureOptions options = new NflogCaptureOptions(this);
            if (keep > 0 && !options.rotates()) {
                throw new IllegalArgumentException(
                        "keep " + keep + " needs fileBytes, filePackets or fileTime, which begin the next file");
            }
            return options;
        }
    }
}
