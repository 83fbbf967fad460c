// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.nfkit.nftables.Chain;
import dev.nfkit.nftables.ChainHook;
import dev.nfkit.nftables.ChainPolicy;
import dev.nfkit.nftables.ChainType;
import dev.nfkit.nftables.NftSet;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.StatefulObject;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.statement.Counter;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class TableBuilderTest {
    private static final TableId ID = TableId.inet("nfkit");

    @Test
    void aTableOfBuildersIsTheTableOfText() throws Exception {
        NftSet friends = NftSet.set(ID, "friends", DataType.IPV4_ADDR);
        Ruleset built = TableBuilder.owned(ID)
                .object(StatefulObject.of(ID, "web", Counter.ZERO))
                .set(friends, SetElement.of(Constant.address(InetAddress.getByName("10.0.0.1"))))
                .chain(Chain.regular(ID, "services"), chain -> chain.rule("tcp dport 22 accept"))
                .chain(
                        Chain.base(ID, "input", ChainHook.of(ID.family(), ChainType.FILTER, "input", "filter"))
                                .policy(ChainPolicy.DROP),
                        chain -> chain.rule("ip saddr @friends counter name \"web\" accept")
                                .rule(rule -> rule.matches(ConnectionSelector.STATE, "established,related")
                                        .accept())
                                .rule(rule -> rule.matches(HeaderField.IP_SADDR, friends)
                                        .matches(HeaderField.TCP_DPORT, 22, 443)
                                        .counter()
                                        .jump("services")))
                .ruleset();
        assertEquals("""
                table inet nfkit {
                \tflags owner

                \tcounter web {
                \t\tpackets 0 bytes 0
                \t}

                \tset friends {
                \t\ttype ipv4_addr
                \t\telements = { 10.0.0.1 }
                \t}

                \tchain services {
                \t\ttcp dport 22 accept
                \t}

                \tchain input {
                \t\ttype filter hook input priority filter; policy drop;
                \t\tip saddr @friends counter name "web" accept
                \t\tct state established,related accept
                \t\tip saddr @friends tcp dport { 22, 443 } counter packets 0 bytes 0 jump services
                \t}
                }
                """, built.toText());
    }

    @Test
    void objectsOfAnotherTableAndNamesThatOccurTwiceAreRefused() {
        TableBuilder builder = TableBuilder.shared(ID).chain(Chain.regular(ID, "c"));
        assertEquals(
                "there is a chain inet nfkit c already",
                assertThrows(IllegalArgumentException.class, () -> builder.chain(Chain.regular(ID, "c")))
                        .getMessage());
        assertEquals(
                "chain ip other c is not of table inet nfkit",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> builder.chain(Chain.regular(TableId.ip("other"), "c")))
                        .getMessage());
    }
}
