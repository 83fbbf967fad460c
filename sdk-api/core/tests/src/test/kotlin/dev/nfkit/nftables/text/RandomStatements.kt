// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text

import dev.nfkit.AddressFamily
import dev.nfkit.nftables.expression.BinaryExpression
import dev.nfkit.nftables.expression.Concatenation
import dev.nfkit.nftables.expression.ConnectionKey
import dev.nfkit.nftables.expression.ConnectionSelector
import dev.nfkit.nftables.expression.Constant
import dev.nfkit.nftables.expression.DataType
import dev.nfkit.nftables.expression.Expression
import dev.nfkit.nftables.expression.ExtensionField
import dev.nfkit.nftables.expression.Hash
import dev.nfkit.nftables.expression.HeaderField
import dev.nfkit.nftables.expression.HeaderProtocol
import dev.nfkit.nftables.expression.Interval
import dev.nfkit.nftables.expression.MapLookup
import dev.nfkit.nftables.expression.Meta
import dev.nfkit.nftables.expression.NumberGenerator
import dev.nfkit.nftables.expression.Prefix
import dev.nfkit.nftables.expression.Selector
import dev.nfkit.nftables.expression.SetElement
import dev.nfkit.nftables.expression.SetLiteral
import dev.nfkit.nftables.expression.SetReference
import dev.nfkit.nftables.expression.SymmetricHash
import dev.nfkit.nftables.expression.Text
import dev.nfkit.nftables.expression.Verdict
import dev.nfkit.nftables.statement.Assignment
import dev.nfkit.nftables.statement.ConnectionLimit
import dev.nfkit.nftables.statement.Counter
import dev.nfkit.nftables.statement.Limit
import dev.nfkit.nftables.statement.Log
import dev.nfkit.nftables.statement.Match
import dev.nfkit.nftables.statement.Nat
import dev.nfkit.nftables.statement.Queue
import dev.nfkit.nftables.statement.Quota
import dev.nfkit.nftables.statement.Reject
import dev.nfkit.nftables.statement.SetUpdate
import dev.nfkit.nftables.statement.Statement
import dev.nfkit.nftables.statement.Synproxy
import dev.nfkit.nftables.statement.VerdictLookup
import dev.nfkit.nftables.statement.VerdictStatement
import java.math.BigInteger
import java.time.Duration
import java.util.Optional
import java.util.OptionalInt
import java.util.OptionalLong
import kotlin.random.Random

/** Makes statements at random, in the form in which the parser reads them from what is printed. */
internal class RandomStatements(
    private val random: Random,
) {
    /** Selectors that need no other match beside them. */
    private val selectors: List<Selector> =
        HeaderField.values().filter { it.name !in NEEDING_A_TYPE && it.protocol() != HeaderProtocol.ARP } +
            Meta.values().filter { it !in setOf(Meta.TIME) } +
            ExtensionField.values().toList() +
            ConnectionKey
                .values()
                .filter { it != ConnectionKey.EVENT }
                .map { ConnectionSelector.of(it) }

    fun statement(): Statement =
        when (random.nextInt(16)) {
            0, 1, 2, 3 -> comparison()
            4 -> VerdictLookup(selector(), SetLiteral(elements(selectorType()) { verdict() }))
            5 -> VerdictStatement(verdict())
            6 -> Assignment(Meta.MARK, mark())
            7 -> state()
            8 -> log()
            9 -> Queue.to(random.nextInt(100), 100 + random.nextInt(100))
            10 -> reject()
            11 -> nat()
            12 -> Synproxy(1 + random.nextInt(9000), random.nextInt(15), random.nextBoolean(), random.nextBoolean())
            13 -> update()
            14 -> masked()
            else -> generated()
        }

    private var chosen: Selector = Meta.MARK

    private fun selector(): Selector =
        selectors.filter { it.type() in LISTED && it.bits() > 2 }.random(random).also {
            chosen =
                it
        }

    private fun selectorType() = chosen

    private fun comparison(): Statement {
        val left = selectors.random(random)
        val operator = if (random.nextBoolean()) Match.Operator.IMPLICIT else Match.Operator.NOT_EQUAL
        if (left.type().kind() == DataType.Kind.TEXT) {
            return Match(left, operator, Text(left.type(), "name${random.nextInt(100)}", random.nextBoolean()))
        }
        val flags = left.type().kind() == DataType.Kind.BITS
        return when (if (flags) 0 else random.nextInt(4)) {
            1 -> {
                Match(left, Match.Operator.LESS, constant(left))
            }

            2 -> {
                if (left.type() in LISTED &&
                    left.bits() > 2
                ) {
                    set(left, operator)
                } else {
                    Match(left, operator, constant(left))
                }
            }

            3 -> {
                address(operator)
            }

            else -> {
                Match(left, operator, constant(left))
            }
        }
    }

    private fun set(
        left: Selector,
        operator: Match.Operator,
    ) = Match(left, operator, SetLiteral(elements(left, null)))

    private fun address(operator: Match.Operator): Statement {
        val field = listOf(HeaderField.IP_SADDR, HeaderField.IP_DADDR, HeaderField.IP6_SADDR).random(random)
        val ends = listOf(constant(field), constant(field)).sortedBy { it.value() }
        val pair = Concatenation.of(field, HeaderField.TCP_DPORT)
        return when (random.nextInt(4)) {
            0 -> {
                val length = random.nextInt(field.bits())
                Match(field, operator, Prefix(Prefix(ends[0], length).first(), length))
            }

            1 -> {
                Match(field, operator, Interval(ends[0], ends[1]))
            }

            2 -> {
                Match(HeaderField.IP_SADDR, operator, SetReference("addrs4"))
            }

            else -> {
                Match(
                    pair,
                    operator,
                    SetLiteral.of(Concatenation.of(ends[0], constant(HeaderField.TCP_DPORT))),
                )
            }
        }
    }

    /** Two or more different constants, in the order in which nft prints them. */
    private fun elements(
        of: Selector,
        data: (() -> Expression)?,
    ): List<SetElement> =
        generateSequence { constant(of) }
            .take(6)
            .distinct()
            .sortedBy { it.value() }
            .toList()
            .let { if (it.size < 2) listOf(constant(of, BigInteger.ZERO), constant(of, BigInteger.ONE)) else it }
            .map {
                SetElement(
                    it,
                    Optional.ofNullable(data?.invoke()),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    listOf(),
                )
            }

    private fun constant(of: Selector): Constant {
        val bits = if (of.type() == DataType.BOOLEAN) 1 else of.bits()
        val few = minOf(bits, if (of.type() in SMALL) 16 else bits)
        val value = BigInteger(1, random.nextBytes((few + 7) / 8)).and(BigInteger.ONE.shiftLeft(few) - BigInteger.ONE)
        if (of.type() == DataType.TIME_DAY) return constant(of, value.mod(BigInteger.valueOf(7)))
        return constant(of, if (of.type() == DataType.CT_LABEL && value.signum() == 0) BigInteger.ONE else value)
    }

    private fun constant(
        of: Selector,
        value: BigInteger,
    ) = Constant(of.type(), of.bits(), value)

    private fun verdict(): Verdict =
        listOf(
            Verdict.ACCEPT,
            Verdict.DROP,
            Verdict.CONTINUE,
            Verdict.RETURN,
            Verdict.jump("other"),
            Verdict.goTo("x-1"),
        ).random(random)

    private fun mark(): Expression {
        val mask = Constant.of(DataType.MARK, 1L + random.nextInt(1, 0xffff))
        return when (random.nextInt(5)) {
            0 -> {
                mask
            }

            1 -> {
                ConnectionSelector.MARK
            }

            2 -> {
                BinaryExpression(BinaryExpression.Operator.AND, ConnectionSelector.MARK, mask)
            }

            3 -> {
                BinaryExpression(BinaryExpression.Operator.OR, ConnectionSelector.MARK, mask)
            }

            else -> {
                MapLookup(
                    HeaderField.TCP_DPORT,
                    SetLiteral(elements(HeaderField.TCP_DPORT) { mask }),
                )
            }
        }
    }

    private fun masked(): Statement {
        val mask = Constant.of(DataType.MARK, 1L + random.nextInt(1, 0xffff))
        val flags = Constant.of(DataType.TCP_FLAG, listOf(3L, 0x12L, 0x17L, 0x3fL).random(random))
        val left = if (random.nextBoolean()) Meta.MARK to mask else HeaderField.TCP_FLAGS to flags
        return Match(
            BinaryExpression(BinaryExpression.Operator.AND, left.first, left.second),
            listOf(Match.Operator.EQUAL, Match.Operator.NOT_EQUAL).random(random),
            Constant(left.second.type(), left.second.bits(), BigInteger.ONE),
        )
    }

    private fun generated(): Statement {
        val modulus = 2L + random.nextInt(100)
        val selector =
            listOf(
                NumberGenerator(NumberGenerator.Mode.values().random(random), modulus, random.nextLong(10)),
                SymmetricHash(modulus, random.nextLong(10)),
                Hash(HeaderField.IP_SADDR, modulus, OptionalLong.of(random.nextLong(1000)), random.nextLong(10)),
                Hash(
                    Concatenation.of(HeaderField.IP_SADDR, HeaderField.TCP_DPORT),
                    modulus,
                    OptionalLong.empty(),
                    random.nextLong(10),
                ),
            ).random(random)
        return Match.of(selector, constant(selector))
    }

    private fun state(): Statement =
        when (random.nextInt(4)) {
            0 -> {
                Counter(random.nextLong(Long.MAX_VALUE), random.nextLong(Long.MAX_VALUE))
            }

            1 -> {
                Limit(
                    1 + random.nextLong(1L shl 40),
                    Limit.Unit.values().random(random),
                    1 + random.nextLong(1L shl 31),
                    random.nextBoolean(),
                    random.nextBoolean(),
                )
            }

            2 -> {
                Quota(random.nextLong(1L shl 50), random.nextLong(1L shl 50), random.nextBoolean())
            }

            else -> {
                ConnectionLimit(random.nextLong(1L shl 32), random.nextBoolean())
            }
        }

    private fun log(): Statement =
        if (random.nextBoolean()) {
            Log(
                Optional.of("prefix ${random.nextInt()}"),
                OptionalInt.of(random.nextInt(65_536)),
                OptionalLong.of(random.nextLong(1L shl 32)),
                OptionalInt.of(random.nextInt(65_536)),
                Optional.empty(),
                setOf(),
            )
        } else {
            Log(
                Optional.empty(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                OptionalInt.empty(),
                Optional.of(
                    Log.Level
                        .values()
                        .filter { it != Log.Level.WARN }
                        .random(random),
                ),
                Log.Flag
                    .values()
                    .filter { it != Log.Flag.NFLOG && random.nextBoolean() }
                    .toSet(),
            )
        }

    private fun reject(): Statement =
        Reject(
            listOf(Reject.Kind.ICMP, Reject.Kind.ICMPV6, Reject.Kind.ICMPX).random(random),
            random.nextInt(256),
        )

    private fun nat(): Statement {
        val six = random.nextBoolean()
        val field = if (six) HeaderField.IP6_SADDR else HeaderField.IP_SADDR
        val ends = listOf(constant(field), constant(field)).sortedBy { it.value() }
        return Nat(
            listOf(Nat.Kind.SNAT, Nat.Kind.DNAT).random(random),
            Optional.of(if (six) AddressFamily.IPV6 else AddressFamily.IPV4),
            Optional.of(if (random.nextBoolean()) ends[0] else Interval(ends[0], ends[1])),
            Optional.empty(),
            listOf(Nat.Flag.RANDOM, Nat.Flag.FULLY_RANDOM, Nat.Flag.PERSISTENT).filter { random.nextBoolean() }.toSet(),
        )
    }

    private fun update(): Statement =
        SetUpdate(
            SetUpdate.Operation.values().random(random),
            "addrs4",
            HeaderField.IP_SADDR,
            Optional.empty(),
            Optional.of(Duration.ofMillis(1 + random.nextLong(1L shl 40))),
            listOf(Counter.ZERO, Limit.packets(7, Limit.Unit.HOUR)).filter { random.nextBoolean() },
        )

    private companion object {
        val NEEDING_A_TYPE =
            setOf("ICMP_ID", "ICMP_SEQUENCE", "ICMPV6_ID", "ICMPV6_SEQUENCE", "VLAN_TYPE", "TH_SPORT", "TH_DPORT")

        /** Types whose values are printed as they are read in sets. */
        val LISTED =
            setOf(
                DataType.INTEGER,
                DataType.INET_SERVICE,
                DataType.MARK,
                DataType.INET_PROTO,
                DataType.IPV4_ADDR,
                DataType.IPV6_ADDR,
                DataType.ICMP_TYPE,
                DataType.DSCP,
                DataType.UID,
            )

        /** Types whose larger values are not written as they are. */
        val SMALL = setOf(DataType.TIME, DataType.TIME_HOUR, DataType.IFACE_INDEX)
    }
}
