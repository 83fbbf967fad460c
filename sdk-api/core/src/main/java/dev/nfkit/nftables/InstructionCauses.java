// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.Errno;
import dev.nfkit.PrintableText;
import dev.nfkit.Refusal;
import dev.nfkit.nftables.Explanations.Cause;
import dev.nfkit.nftables.bytecode.Compat;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.bytecode.Verdict;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an errno means for an instruction of a rule: what it refers to does not exist, or the kernel lacks it.
 *
 * <p>Follows {@code nft_expr_type_get} in {@code nf_tables_api.c}, and {@code net/netfilter/Kconfig}.
 */
final class InstructionCauses {
    /** The options of the kernel that build what is not part of {@code CONFIG_NF_TABLES} itself. */
    private static final Map<String, String> OPTIONS = Map.ofEntries(
            Map.entry("connlimit", "NFT_CONNLIMIT"),
            Map.entry("ct", "NFT_CT"),
            Map.entry("flow_offload", "NFT_FLOW_OFFLOAD"),
            Map.entry("hash", "NFT_HASH"),
            Map.entry("limit", "NFT_LIMIT"),
            Map.entry("log", "NFT_LOG"),
            Map.entry("masq", "NFT_MASQ"),
            Map.entry("match", "NFT_COMPAT"),
            Map.entry("nat", "NFT_NAT"),
            Map.entry("notrack", "NFT_CT"),
            Map.entry("numgen", "NFT_NUMGEN"),
            Map.entry("osf", "NFT_OSF"),
            Map.entry("queue", "NFT_QUEUE"),
            Map.entry("quota", "NFT_QUOTA"),
            Map.entry("redir", "NFT_REDIR"),
            Map.entry("socket", "NFT_SOCKET"),
            Map.entry("synproxy", "NFT_SYNPROXY"),
            Map.entry("target", "NFT_COMPAT"),
            Map.entry("tproxy", "NFT_TPROXY"),
            Map.entry("tunnel", "NFT_TUNNEL"),
            Map.entry("xfrm", "NFT_XFRM"));

    private InstructionCauses() {}

    static @Nullable Cause of(Rule rule, Errno errno, Instruction instruction) {
        if (errno.equals(Errno.ENOENT)) {
            return missing(rule, instruction);
        }
        if (errno.equals(Errno.EOPNOTSUPP)) {
            return new Cause(
                    Refusal.NOT_SUPPORTED,
                    "this kernel does not support this form of the expression " + instruction.name() + " in family "
                            + Families.name(rule.table().family()) + ", or not at the hook of the chain");
        }
        return null;
    }

    private static Cause missing(Rule rule, Instruction instruction) {
        if (instruction instanceof Immediate immediate
                && immediate.data() instanceof Verdict verdict
                && verdict.chain() != null) {
            return absent(rule, "chain", verdict.chain());
        }
        if (instruction instanceof Lookup lookup) {
            return absent(rule, "set", lookup.set());
        }
        if (instruction instanceof Dynset dynset) {
            return absent(rule, "set", dynset.set());
        }
        if (instruction instanceof Objref.Mapped mapped) {
            return absent(rule, "map", mapped.set());
        }
        if (instruction instanceof Objref.Named named) {
            return absent(rule, named.type().name().toLowerCase(Locale.ROOT).replace('_', ' '), named.object());
        }
        if (instruction instanceof Diversion.FlowOffload offload) {
            return absent(rule, "flowtable", offload.table());
        }
        if (instruction instanceof Compat extension) {
            return new Cause(
                    Refusal.NOT_SUPPORTED,
                    "this kernel has no extension " + PrintableText.of(extension.extension()) + " of x_tables, or no "
                            + "nft_compat (CONFIG_NFT_COMPAT)");
        }
        return unknown(rule.table().family(), instruction.name());
    }

    private static Cause absent(Rule rule, String kind, @Nullable String name) {
        return new Cause(
                Refusal.NOT_FOUND,
                "there is no " + kind + " " + rule.table() + " " + PrintableText.of(String.valueOf(name))
                        + "; add it first, in the same batch");
    }

    private static Cause unknown(AddressFamily family, String name) {
        String option = option(family, name);
        return new Cause(
                Refusal.NOT_SUPPORTED,
                "this kernel has no expression " + PrintableText.of(name) + " for family " + Families.name(family)
                        + (option == null ? "; a newer kernel may have it" : " (CONFIG_" + option + ")"));
    }

    /** Some are built for each family. */
    private static @Nullable String option(AddressFamily family, String name) {
        return switch (name) {
            case "dup", "fib", "reject" -> "NFT_" + name.toUpperCase(Locale.ROOT) + "_" + suffix(family);
            case "fwd" -> "NFT_FWD_NETDEV";
            case "meta" -> family == AddressFamily.BRIDGE ? "NFT_BRIDGE_META" : null;
            default -> OPTIONS.get(name);
        };
    }

    private static String suffix(AddressFamily family) {
        return switch (Families.name(family)) {
            case "ip" -> "IPV4";
            case "ip6" -> "IPV6";
            default -> Families.name(family).toUpperCase(Locale.ROOT);
        };
    }
}
