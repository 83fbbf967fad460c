// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.DccpRole;
import dev.nfkit.conntrack.DccpState;
import dev.nfkit.conntrack.ProtocolInfo;
import dev.nfkit.conntrack.ProtocolUpdate;
import dev.nfkit.conntrack.SctpState;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.conntrack.names.VerificationTag;
import dev.nfkit.samples.cli.run.Failure;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The protocol properties of a connection: as a filter (the state only), or as new values. */
public final class ProtocolArguments {
    private static final long U32_MAX = 0xffff_ffffL;

    @Mixin
    private StateArguments state;

    @Option(
            names = "--orig-vtag",
            paramLabel = "TAG",
            description = "With -p sctp and -I, -A or -U: the verification tag of the original direction. As with"
                    + " conntrack(8), its bytes are read in the host's byte order.")
    private @Nullable String originalTag;

    @Option(names = "--reply-vtag", paramLabel = "TAG", description = "The verification tag of the replies.")
    private @Nullable String replyTag;

    @Option(
            names = "--role",
            paramLabel = "client|server",
            description = "With -p dccp and -I, -A or -U: the role of the original direction.")
    private @Nullable String role;

    public ProtocolArguments() {
        this(new StateArguments());
    }

    /** The arguments of a command that can only filter by state. */
    public ProtocolArguments(StateArguments state) {
        this.state = state;
    }

    /** The number of the protocol's state. Requires the protocol. */
    public OptionalInt state(Optional<Integer> protocol) throws Failure {
        return state.state(protocol);
    }

    /** Whether anything is given. */
    public boolean given() {
        return state.given() || originalTag != null || replyTag != null || role != null;
    }

    /** The values of a new connection; empty if its protocol has no state. */
    public Optional<ProtocolUpdate> created(Optional<Integer> protocol) throws Failure {
        return values(protocol, null);
    }

    /**
     * The changed values of a connection. For SCTP and DCCP the kernel takes all values together: those that are not
     * given keep their present values.
     */
    public Optional<ProtocolUpdate> changed(Optional<Integer> protocol, ConntrackEntry entry) throws Failure {
        return given() ? values(protocol, entry) : Optional.empty();
    }

    /** Refuses options of another protocol, and -U without the protocol. */
    public void check(Optional<Integer> protocol) throws Failure {
        int number = protocol.orElse(0);
        if ((originalTag != null || replyTag != null) && number != IpProtocol.SCTP) {
            throw Failure.usage("--orig-vtag, --reply-vtag: only with -p sctp");
        }
        if (role != null && number != IpProtocol.DCCP) {
            throw Failure.usage("--role: only with -p dccp");
        }
        state(protocol);
        if (originalTag != null) {
            NumberArgument.parse("--orig-vtag", originalTag, U32_MAX);
        }
        if (replyTag != null) {
            NumberArgument.parse("--reply-vtag", replyTag, U32_MAX);
        }
        if (role != null) {
            role(role);
        }
    }

    private Optional<ProtocolUpdate> values(Optional<Integer> protocol, @Nullable ConntrackEntry entry) throws Failure {
        check(protocol);
        ProtocolInfo info = entry == null ? null : entry.protocolInfo().orElse(null);
        return switch (protocol.orElse(0)) {
            case IpProtocol.TCP ->
                Optional.of(ProtocolUpdate.tcp(
                        TcpState.of(state(protocol, info, "TCP")).orElseThrow()));
            case IpProtocol.SCTP -> Optional.of(sctp(protocol, info instanceof ProtocolInfo.Sctp now ? now : null));
            case IpProtocol.DCCP -> Optional.of(dccp(protocol, info instanceof ProtocolInfo.Dccp now ? now : null));
            default -> Optional.empty();
        };
    }

    private int state(Optional<Integer> protocol, @Nullable ProtocolInfo now, String name) throws Failure {
        OptionalInt given = state(protocol);
        if (given.isEmpty() && now == null) {
            throw Failure.usage("--state is missing: the " + name + " state of the entry");
        }
        return given.orElseGet(() -> now == null ? 0 : now.state());
    }

    private ProtocolUpdate sctp(Optional<Integer> protocol, ProtocolInfo.@Nullable Sctp now) throws Failure {
        int number = state(protocol, now, "SCTP");
        return ProtocolUpdate.sctp(
                SctpState.of(number).orElse(SctpState.NONE),
                tag("--orig-vtag", originalTag, now == null ? -1 : now.vtagOriginal()),
                tag("--reply-vtag", replyTag, now == null ? -1 : now.vtagReply()));
    }

    private static long tag(String option, @Nullable String text, long now) throws Failure {
        if (text == null && now < 0) {
            throw Failure.usage(option + " is missing: the verification tag, which -p sctp needs");
        }
        return text == null ? now : VerificationTag.swapped(NumberArgument.parse(option, text, U32_MAX));
    }

    private ProtocolUpdate dccp(Optional<Integer> protocol, ProtocolInfo.@Nullable Dccp now) throws Failure {
        int number = state(protocol, now, "DCCP");
        if (role == null && now == null) {
            throw Failure.usage("--role is missing: client or server, which -p dccp needs");
        }
        DccpRole wanted = role != null
                ? role(role)
                : DccpRole.of(now == null ? 0 : now.role()).orElse(DccpRole.CLIENT);
        return ProtocolUpdate.dccp(DccpState.of(number).orElse(DccpState.NONE), wanted);
    }

    private static DccpRole role(String text) throws Failure {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "client" -> DccpRole.CLIENT;
            case "server" -> DccpRole.SERVER;
            default -> throw Failure.usage("--role " + text + ": not known; give client or server");
        };
    }
}
