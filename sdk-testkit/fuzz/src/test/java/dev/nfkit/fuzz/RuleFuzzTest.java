// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.compile.CompiledRule;
import dev.nfkit.nftables.compile.RuleCompiler;
import dev.nfkit.nftables.decompile.RuleDecompiler;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.RuleParser;
import dev.nfkit.nftables.text.RulePrinter;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes the language of rules, their compiler, and the reading of installed rules. Text may only be refused as such or
 * as a rule that cannot work; instructions of any kind become statements, which can be printed.
 */
class RuleFuzzTest {
    private static final int EXPRESSIONS = 4;
    /** The header of the message, and that of the attribute. */
    private static final int HEADERS = 20;

    private static final List<AddressFamily> FAMILIES = List.of(
            AddressFamily.INET,
            AddressFamily.IPV4,
            AddressFamily.IPV6,
            AddressFamily.ARP,
            AddressFamily.BRIDGE,
            AddressFamily.NETDEV);

    private static final List<String> RULES = List.of(
            "tcp dport { 22, 80-90 } ct state new limit rate 10/second burst 5 packets accept",
            "ip saddr . tcp dport vmap { 10.0.0.0/8 . 1-5 : jump c, * : drop } counter comment \"x\"",
            "meta mark set ip saddr map @m log prefix \"a b\" group 5 queue num 1-3 bypass",
            "ip6 saddr fe80::/10 tcp option maxseg size set 1400 update @s { ip6 saddr timeout 5s }",
            "fib saddr . iif oif missing reject with icmpx admin-prohibited",
            "meta l4proto { tcp, udp } th dport 53 dnat ip to 10.0.0.1-10.0.0.9:53 random",
            "ip dscp set cs1 jhash ip saddr . tcp sport mod 16 seed 0x1 3 meta hour \"12:00\"-\"13:00\"");

    private static final SetType.Lookup SETS = name -> switch (name) {
        case "s" -> Optional.of(new SetType(List.of(DataType.IPV6_ADDR), List.of(), true));
        case "m" -> Optional.of(new SetType(List.of(DataType.IPV4_ADDR), List.of(DataType.MARK)));
        default -> Optional.empty();
    };

    /** Rules, after a control byte for the family. */
    static Stream<byte[]> rules() {
        return RULES.stream().map(rule -> ("\0" + rule).getBytes(StandardCharsets.UTF_8));
    }

    /** The instructions of rules, after a control byte for the byte order. */
    static Stream<byte[]> installed() {
        return RULES.stream().map(rule -> {
            MessageWriter writer = new MessageWriter(1 << 17, ByteOrder.LITTLE_ENDIAN).begin(0, 0, 0);
            InstructionWriter.write(writer, EXPRESSIONS, compiled(rule).instructions());
            ByteBuffer datagram = writer.end().datagram();
            byte[] input = new byte[datagram.remaining() - HEADERS + 1];
            datagram.get(HEADERS, input, 1, input.length - 1);
            return input;
        });
    }

    private static CompiledRule compiled(String rule) {
        return RuleCompiler.compile(
                AddressFamily.INET,
                SETS,
                ByteOrder.LITTLE_ENDIAN,
                RuleParser.parse(AddressFamily.INET, SETS, rule).statements());
    }

    @MethodSource("rules")
    @FuzzTest
    void text(byte[] data) {
        if (data.length == 0) {
            return;
        }
        AddressFamily family = FAMILIES.get(Math.floorMod(data[0], FAMILIES.size()));
        String rule = new String(data, 1, data.length - 1, StandardCharsets.UTF_8);
        Budget.within(data, () -> {
            try {
                List<Statement> parsed = RuleParser.parse(family, SETS, rule).statements();
                RulePrinter.print(family, SETS, parsed, Optional.empty());
                CompiledRule compiled = RuleCompiler.compile(family, SETS, ByteOrder.LITTLE_ENDIAN, parsed);
                read(family, compiled.instructions(), ByteOrder.LITTLE_ENDIAN);
            } catch (RuleSyntaxException | InvalidRuleException refusal) {
                // as documented
            }
        });
    }

    @MethodSource("installed")
    @FuzzTest
    void instructions(byte[] data) {
        Input input = new Input(data);
        ByteOrder order = input.order();
        byte[] list = input.rest();
        Budget.within(data, () -> {
            try {
                List<Instruction> instructions = new InstructionReader()
                        .readList(new AttributeCursor()
                                .wrap(ByteBuffer.wrap(list), 0, list.length, order, "NFTA_RULE_EXPRESSIONS"));
                for (AddressFamily family : FAMILIES) {
                    read(family, instructions, order);
                }
            } catch (MalformedMessageException refusal) {
                // as documented
            }
        });
    }

    /** Reads instructions as statements, and prints these. */
    private static void read(AddressFamily family, List<Instruction> instructions, ByteOrder order) {
        List<Statement> statements = RuleDecompiler.decompile(family, SETS, name -> null, order, instructions);
        RulePrinter.print(family, SETS, statements, Optional.empty());
    }
}
