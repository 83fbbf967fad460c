// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import dev.nfkit.AddressFamily;
import dev.nfkit.netfilter.MalformedHandler;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.session.SocketSetup;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The options of an NFLOG session: its groups and its socket. A value, checked when it is built. */
public final class NflogOptions {
    private static final int DEFAULT_RECEIVE_BUFFER = 64 << 20;
    private static final Set<AddressFamily> LOGGER_FAMILIES = Set.of(
            AddressFamily.IPV4, AddressFamily.IPV6, AddressFamily.ARP, AddressFamily.BRIDGE, AddressFamily.NETDEV);

    private final List<NflogGroup> groups;
    private final int receiveBuffer;
    private final Set<AddressFamily> claimedLoggers;
    private final @Nullable MalformedHandler malformedHandler;
    private final @Nullable PacketRule rule;

    private NflogOptions(Builder builder) {
        groups = List.copyOf(builder.groups);
        receiveBuffer = builder.receiveBuffer;
        claimedLoggers = Set.copyOf(builder.claimedLoggers);
        malformedHandler = builder.malformedHandler;
        rule = builder.rule;
    }

    /**
     * Starts options.
     *
     * @return a builder without a group
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The groups of the session.
     *
     * @return at least one
     */
    public List<NflogGroup> groups() {
        return groups;
    }

    /**
     * The requested receive buffer.
     *
     * @return bytes
     */
    public int receiveBuffer() {
        return receiveBuffer;
    }

    /**
     * The families whose logger the session claims.
     *
     * @return usually none
     */
    public Set<AddressFamily> claimedLoggers() {
        return claimedLoggers;
    }

    /**
     * The handler of malformed messages.
     *
     * @return the handler, or empty if they are logged
     */
    public Optional<MalformedHandler> malformedHandler() {
        return Optional.ofNullable(malformedHandler);
    }

    /**
     * The rule that the session installs.
     *
     * @return the rule, or empty if packets are logged by rules that exist
     */
    public Optional<PacketRule> rule() {
        return Optional.ofNullable(rule);
    }

    /** Collects the options of a session. One thread at a time. */
    public static final class Builder {
        private final List<NflogGroup> groups = new ArrayList<>();
        private final Set<AddressFamily> claimedLoggers = new LinkedHashSet<>();
        private int receiveBuffer = DEFAULT_RECEIVE_BUFFER;
        private @Nullable MalformedHandler malformedHandler;
        private @Nullable PacketRule rule;

        private Builder() {}

        /**
         * Adds a group with the defaults.
         *
         * @param group the group, 0 to 65535
         * @return this builder
         * @throws IllegalArgumentException if it is out of range or was already added
         */
        public Builder group(int group) {
            return group(group, defaults -> {});
        }

        /**
         * Adds a group.
         *
         * @param group the group, 0 to 65535
         * @param configure sets its options
         * @return this builder
         * @throws IllegalArgumentException if it is out of range or was already added
         */
        public Builder group(int group, Consumer<NflogGroup.Builder> configure) {
            NflogGroup.Builder options = NflogGroup.builder(group);
            configure.accept(options);
            return group(options.build());
        }

        /**
         * Adds a group.
         *
         * @param group the group's options
         * @return this builder
         * @throws IllegalArgumentException if the group was already added
         */
        public Builder group(NflogGroup group) {
            for (NflogGroup other : groups) {
                if (other.group() == group.group()) {
                    throw new IllegalArgumentException("group " + group.group() + " was added twice");
                }
            }
            groups.add(group);
            return this;
        }

        /**
         * The receive buffer to request. The kernel charges a datagram's whole allocation to it: about 128 KiB at an
         * NLBUFSIZ of 65536. 64 MiB by default, which uses memory only while packets wait. Without the privilege to
         * exceed {@code net.core.rmem_max} the session gets at most that and makes its batches smaller; {@link
         * NflogSession#receiveBuffer()} returns the actual size.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            this.receiveBuffer = SocketSetup.bufferSize("receiveBuffer", bytes);
            return this;
        }

        /**
         * Claims the namespace's logger of a family ({@code NFULNL_CFG_CMD_PF_BIND}), so that packets logged by the
         * kernel itself arrive, in group 0: for example invalid packets ({@code nf_conntrack_log_invalid}). Off by
         * default, and not needed for rules.
         *
         * <p>It changes the whole namespace: another logger of that family (the kernel's log, ulogd) gets nothing while
         * the session is open. Closing restores the previous logger, unless it was changed since. A killed process
         * cannot do so; then write the previous name to {@code /proc/sys/net/netfilter/nf_log/<family>}.
         *
         * @param families one or more of IPv4, IPv6, ARP, bridge and netdev
         * @return this builder
         * @throws IllegalArgumentException if a family has no logger
         */
        public Builder claimLogger(AddressFamily... families) {
            for (AddressFamily family : families) {
                if (!LOGGER_FAMILIES.contains(family)) {
                    throw new IllegalArgumentException(
                            "claimLogger " + family + ": only IPv4, IPv6, ARP, bridge and netdev have a logger");
                }
                claimedLoggers.add(family);
            }
            return this;
        }

        /**
         * Installs a rule that logs packets to the session's group, while the session is open. {@link PacketRule}
         * describes where it is, and what happens if the process is killed.
         *
         * @param match matches in the language of nft, such as {@code tcp dport 443}; empty for all packets
         * @return this builder
         * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule
         * @throws IllegalArgumentException if it does more than to match
         */
        public Builder rule(String match) {
            return rule(PacketRule.of(match));
        }

        /**
         * Installs a rule that logs packets to the session's group, while the session is open.
         *
         * @param rule the rule
         * @return this builder
         */
        public Builder rule(PacketRule rule) {
            this.rule = rule;
            return this;
        }

        /**
         * Sets the handler of malformed messages, which are counted in any case. By default they are logged as
         * warnings, with decreasing frequency.
         *
         * @param handler the handler, called on the polling thread
         * @return this builder
         */
        public Builder onMalformed(MalformedHandler handler) {
            this.malformedHandler = handler;
            return this;
        }

        /**
         * The options as a value.
         *
         * @return an immutable value
         * @throws IllegalArgumentException if no group was added, or a rule for several groups
         */
        public NflogOptions build() {
            if (groups.isEmpty()) {
                throw new IllegalArgumentException("group: an NFLOG session needs at least one");
            }
            if (rule != null && groups.size() > 1) {
                throw new IllegalArgumentException(
                        "rule: the session has " + groups.size() + " groups; open a session for each rule");
            }
            return new NflogOptions(this);
        }
    }
}
