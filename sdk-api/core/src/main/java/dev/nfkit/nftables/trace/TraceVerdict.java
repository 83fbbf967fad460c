// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.PrintableText;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a rule or a policy decided. Immutable.
 *
 * @param kind what happens to the packet
 * @param code the kernel's number: {@code NF_*} with parameters in the upper bits, or a negative {@code NFT_*}
 * @param chain the chain of a jump or goto; else empty
 */
public record TraceVerdict(Kind kind, int code, Optional<String> chain) {
    /** What happens to the packet. */
    public enum Kind {
        /** It is discarded ({@code NF_DROP}). */
        DROP,
        /** It passes this base chain ({@code NF_ACCEPT}). */
        ACCEPT,
        /** The rule took it ({@code NF_STOLEN}), such as {@code synproxy}. */
        STOLEN,
        /** It waits in a queue ({@code NF_QUEUE}). */
        QUEUE,
        /** The hook begins again ({@code NF_REPEAT}). */
        REPEAT,
        /** It passes all further chains of the hook ({@code NF_STOP}). */
        STOP,
        /** The next rule decides ({@code NFT_CONTINUE}). */
        CONTINUE,
        /** The rule did not match ({@code NFT_BREAK}). */
        BREAK,
        /** Another chain decides, and then the next rule ({@code NFT_JUMP}). */
        JUMP,
        /** Another chain decides ({@code NFT_GOTO}). */
        GOTO,
        /** The chain ends ({@code NFT_RETURN}). */
        RETURN
    }

    private static final int PARAMETERS = 16;
    private static final int MASK = 0xff;

    /** {@code NF_DROP}. */
    public static final TraceVerdict DROP = new TraceVerdict(Kind.DROP, 0, Optional.empty());
    /** {@code NF_ACCEPT}. */
    public static final TraceVerdict ACCEPT = new TraceVerdict(Kind.ACCEPT, 1, Optional.empty());
    /** {@code NFT_CONTINUE}. */
    public static final TraceVerdict CONTINUE = new TraceVerdict(Kind.CONTINUE, -1, Optional.empty());
    /** {@code NFT_RETURN}. */
    public static final TraceVerdict RETURN = new TraceVerdict(Kind.RETURN, -5, Optional.empty());

    /**
     * Checks that the parts belong together.
     *
     * @throws IllegalArgumentException if the code is not of that kind, or not exactly jump and goto have a chain
     */
    public TraceVerdict {
        if (kind(code) != kind) {
            throw new IllegalArgumentException("verdict " + code + " is not " + kind);
        }
        if (chain.isPresent() != (kind == Kind.JUMP || kind == Kind.GOTO)) {
            throw new IllegalArgumentException("jump and goto have a chain, other verdicts have none");
        }
    }

    /** The kind of a code, or null if it has none. */
    static @Nullable Kind kind(int code) {
        if (code >= 0) {
            return switch (code & MASK) {
                case 0 -> Kind.DROP;
                case 1 -> Kind.ACCEPT;
                case 2 -> Kind.STOLEN;
                case 3 -> Kind.QUEUE;
                case 4 -> Kind.REPEAT;
                case 5 -> Kind.STOP;
                default -> null;
            };
        }
        return switch (code) {
            case -1 -> Kind.CONTINUE;
            case -2 -> Kind.BREAK;
            case -3 -> Kind.JUMP;
            case -4 -> Kind.GOTO;
            case -5 -> Kind.RETURN;
            default -> null;
        };
    }

    /** The verdict of a code, without a new object for the frequent ones. */
    static TraceVerdict of(Kind kind, int code, @Nullable String chain) {
        return switch (code) {
            case 0 -> DROP;
            case 1 -> ACCEPT;
            case -1 -> CONTINUE;
            case -5 -> RETURN;
            default -> new TraceVerdict(kind, code, Optional.ofNullable(chain));
        };
    }

    /**
     * The queue that the packet waits in.
     *
     * @return 0 to 65535; 0 if the kind is not {@link Kind#QUEUE}
     */
    public int queue() {
        return kind == Kind.QUEUE ? code >>> PARAMETERS : 0;
    }

    /**
     * Whether no further rule of this base chain sees the packet.
     *
     * @return false for continue, break, jump, goto and return
     */
    public boolean decides() {
        return code >= 0;
    }

    /**
     * The verdict as nft's rules have it, safe to print.
     *
     * @return such as {@code drop}, {@code jump mine} or {@code queue to 7}
     */
    @Override
    public String toString() {
        return switch (kind) {
            case DROP -> "drop";
            case ACCEPT -> "accept";
            case STOLEN -> "stolen";
            case QUEUE -> "queue to " + queue();
            case REPEAT -> "repeat";
            case STOP -> "stop";
            case CONTINUE -> "continue";
            case BREAK -> "break";
            case JUMP -> "jump " + PrintableText.of(chain.orElseThrow());
            case GOTO -> "goto " + PrintableText.of(chain.orElseThrow());
            case RETURN -> "return";
        };
    }
}
