package com.example.gateway.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.RefusedChange;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Chain;
import dev.nfkit.nftables.ChainHook;
import dev.nfkit.nftables.ChainPolicy;
import dev.nfkit.nftables.ChainType;
import dev.nfkit.nftables.Difference;
import dev.nfkit.nftables.NftSet;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.ReconcileOptions;
import dev.nfkit.nftables.Rule;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.Table;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.build.TableBuilder;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.PacketTrace;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.junit.FakeKernel;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The code of the guide to rules. */
class RulesGuideTest {
    private static final String TEXT = """
            table inet guide {
                set friends { type ipv4_addr; elements = { 10.0.0.1 } }
                chain input {
                    type filter hook input priority filter; policy drop;
                    ip saddr @friends tcp dport { 22, 443 } counter accept
                }
            }
            """;

    private static PacketTrace knock(FakeNetfilter kernel, String source) {
        return kernel.packets()
                .of(SamplePackets.tcp(source, 4000, "10.0.0.9", 22, 0x02))
                .in("eth0")
                .toInput();
    }

    @Test
    void textAndCodeMakeTheSameRuleset() {
        Ruleset text = Ruleset.parse("""
                table inet guide {
                    flags owner
                    set friends { type ipv4_addr; }
                    chain input {
                        type filter hook input priority filter; policy drop;
                        ct state established,related accept
                        ip saddr @friends tcp dport { 22, 443 } counter accept
                    }
                }
                """);

        TableId id = TableId.inet("guide");
        NftSet friends = NftSet.set(id, "friends", DataType.IPV4_ADDR);
        ChainHook hook = ChainHook.of(id.family(), ChainType.FILTER, "input", "filter");
        Ruleset code = TableBuilder.owned(id)
                .set(friends)
                .chain(
                        Chain.base(id, "input", hook).policy(ChainPolicy.DROP),
                        chain -> chain.rule("ct state established,related accept") // text and code can be mixed
                                .rule(rule -> rule.matches(HeaderField.IP_SADDR, friends)
                                        .matches(HeaderField.TCP_DPORT, 22, 443)
                                        .counter()
                                        .accept()))
                .ruleset();
        assertEquals(text.toText(), code.toText());
    }

    @Test
    void errorsOfTextHaveLineAndColumn() {
        RuleSyntaxException error = assertThrows(
                RuleSyntaxException.class, () -> Ruleset.parse("table inet t {\n chain c {\n  tcp dport x accept\n }\n}\n"));
        assertEquals(3, error.line());
        assertEquals(13, error.column());
    }

    @Test
    void anOwnedTableDisappearsWithItsClient(@FakeKernel FakeNetfilter kernel) throws Exception {
        TableId id = TableId.inet("guide");
        try (Nftables nftables = Nftables.open(kernel)) {
            nftables.commit(new Batch()
                    .create(Table.owned(id))
                    .create(Chain.regular(id, "c"))
                    .add(Rule.of(id, "c", "tcp dport 22 accept")));
        }
        try (Nftables nftables = Nftables.open(kernel)) {
            assertEquals(List.of(), nftables.list().tables());
        }
    }

    @Test
    void aSessionBringsItsRule(@FakeKernel FakeNetfilter kernel) throws Exception {
        NflogOptions options = NflogOptions.builder()
                .group(30)
                .rule(PacketRule.of("tcp dport 22").hooks("input"))
                .build();
        try (NflogSession session = NflogSession.open(kernel, options)) {
            assertEquals(1, knock(kernel, "10.0.0.1").logs().size());
            session.poll(packet -> {}, java.time.Duration.ofSeconds(1));
        }
        assertEquals(List.of(), knock(kernel, "10.0.0.1").logs()); // the rule has disappeared with the session
    }

    @Test
    void aRulesetIsCheckedAndReconciled(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (Nftables nftables = Nftables.open(kernel)) {
            nftables.reconcile(Ruleset.parse(TEXT));

            Ruleset desired = Ruleset.parse(TEXT.replace("{ 22, 443 }", "{ 22, 80, 443 }"));
            Difference difference = nftables.check(desired, ReconcileOptions.DEFAULT).difference();
            System.out.print(difference.toText()); // what would change, as commands of nft
            if (!difference.dropsQueuedPackets()) {
                nftables.reconcile(desired);
            }
            assertTrue(nftables.difference(desired).isEmpty());
        }
        assertEquals(PacketTrace.Outcome.ACCEPTED, knock(kernel, "10.0.0.1").outcome());
        assertEquals(PacketTrace.Outcome.DROPPED, knock(kernel, "10.0.0.2").outcome());
    }

    @Test
    void aRefusalNamesTheStatement(@FakeKernel FakeNetfilter kernel) throws Exception {
        try (Nftables nftables = Nftables.open(kernel)) {
            Ruleset wrong = Ruleset.parse("table inet guide {\n chain c {\n  counter jump nowhere\n }\n}\n");
            BatchRefusedException refusal =
                    assertThrows(BatchRefusedException.class, () -> nftables.check(new Batch().add(wrong)));
            RefusedChange first = refusal.refused().get(0);
            assertEquals("jump nowhere", first.textPlace().orElseThrow().text());
            assertEquals(3, first.textPlace().orElseThrow().line());
            assertEquals(
                    "there is no chain inet guide nowhere; add it first, in the same batch",
                    first.cure().orElseThrow());
        }
    }
}
