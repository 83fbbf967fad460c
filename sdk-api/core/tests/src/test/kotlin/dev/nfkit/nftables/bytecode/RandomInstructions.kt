// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode

import dev.nfkit.AddressFamily
import kotlin.random.Random

/** Random instructions of every kind. */
internal class RandomInstructions(
    private val random: Random,
) {
    private val kinds: List<() -> Instruction> =
        listOf(
            { Immediate(register(), constant()) },
            { Immediate.verdict(verdict()) },
            { Cmp(any(), register(), constant()) },
            { length().let { Range(flag(), register(), constant(it), constant(it)) } },
            { length().let { Bitwise.Mask(register(), register(), it, constant(it), constant(it)) } },
            { Bitwise.Operation(pick(SHIFTS), register(), register(), length(), null, constant(4)) },
            { Bitwise.Operation(pick(LOGIC), register(), register(), length(), register(), null) },
            { Bitwise.Operation(pick(LOGIC), register(), register(), length(), null, constant()) },
            { Byteorder(any(), register(), register(), length(), pick(listOf(2, 4, 8))) },
            { Payload.Load(any(), u16(), length(), register()) },
            { Payload.Write(any(), u16(), length(), register(), any(), u16(), u32()) },
            { Exthdr.Load(any(), u8(), u8(), random.nextInt(65), flag(), register()) },
            { Exthdr.Write(any(), u8(), u8(), random.nextInt(65), register()) },
            { Exthdr.Reset(u8()) },
            { Meta.Load(any(), register()) },
            { Meta.Set(any(), register()) },
            { Ct.Load(any(), maybe { any<Ct.Direction>() }, register()) },
            { Ct.Set(any(), maybe { any<Ct.Direction>() }, register()) },
            { Lookup(name(), maybe(::u32), register(), maybe(::target), maybe(::u32)) },
            { dynset() },
            { Objref.Named(any(), name()) },
            { Objref.Mapped(register(), name(), maybe(::u32)) },
            { stateful() },
            { Log(maybe(::text), maybe(::u16), maybe(::u32), maybe(::u16), maybe { random.nextInt(9) }, maybe(::u32)) },
            { u16().let { Queue.Numbered(it, random.nextInt(1, minOf(0x10000 - it, 0xffff) + 1), u16()) } },
            { Queue.Computed(register(), u16()) },
            { Reject(any(), maybe(::u8)) },
            { nat() },
            { Translation.Masq(maybe(::register), maybe(::register), maybe(::u32)) },
            { Translation.Redir(maybe(::register), maybe(::register), maybe(::u32)) },
            { Diversion.Tproxy(family(), maybe(::register), maybe(::register)) },
            { Diversion.Synproxy(maybe(::u16), maybe(::u8), maybe(::u32)) },
            { Diversion.Dup(maybe(::register), maybe(::register)) },
            { Diversion.Fwd(register(), maybe(::register), maybe(::family)) },
            { Diversion.Notrack() },
            { Diversion.FlowOffload(name()) },
            { Context.Rt(any(), register()) },
            { Context.Socket(any(), register(), maybe(::u8)) },
            { Context.Osf(register(), u8(), u32()) },
            { Context.Tunnel(any(), register(), maybe { any<Context.Tunnel.Mode>() }) },
            { Context.Xfrm(any(), flag(), u8(), register()) },
            { Fib(any(), u32(), register()) },
            { Generator.Numgen(register(), u32(), flag(), u32()) },
            { Generator.Jhash(register(), register(), random.nextInt(1, 256), u32(), maybe(::u32), u32()) },
            { Generator.Symhash(register(), u32(), u32()) },
            { Inner(u32(), any(), u32(), u32(), Payload.Load(any(), u16(), length(), register())) },
            { Compat.Match(name(), u8(), opaque()) },
            { Compat.Target(name(), u8(), opaque()) },
            { UnknownInstruction("x" + name(), maybe(::opaque)) },
        )

    fun next(): Instruction = pick(kinds)()

    fun list(): List<Instruction> = List(random.nextInt(0, 12)) { next() }

    /** At least one of each kind. */
    fun all(): List<Instruction> = kinds.map { it() }

    private fun stateful(): Instruction =
        when (random.nextInt(5)) {
            0 -> Stateful.Counter(random.nextLong(), random.nextLong())
            1 -> Stateful.Limit(random.nextLong(), random.nextLong(), u32(), flag(), u32())
            2 -> Stateful.Quota(random.nextLong(), random.nextLong(), u32())
            3 -> Stateful.Last(maybe { random.nextLong() })
            else -> Stateful.Connlimit(u32(), u32())
        }

    private fun dynset(): Instruction =
        Dynset(
            any(),
            name(),
            maybe(::u32),
            register(),
            maybe(::register),
            maybe { random.nextLong(1, Long.MAX_VALUE) },
            flag(),
            List(random.nextInt(4)) { stateful() },
        )

    private fun nat(): Instruction =
        Translation.Nat(
            any(),
            family(),
            maybe(::register),
            maybe(::register),
            maybe(::register),
            maybe(::register),
            maybe(::u32),
        )

    private fun verdict(): Verdict =
        when (random.nextInt(8)) {
            0 -> Verdict.jump(name())
            1 -> Verdict.goTo(name())
            2 -> Verdict(Verdict.NFT_JUMP, maybe(::name), u32())
            3 -> Verdict(Verdict.NF_QUEUE or (random.nextInt(0x8000) shl 16), null, null)
            else -> pick(listOf(Verdict.ACCEPT, Verdict.DROP, Verdict.CONTINUE, Verdict.BREAK, Verdict.RETURN))
        }

    private fun register(): Int = if (flag()) random.nextInt(1, 5) else random.nextInt(8, 24)

    private fun target(): Int = if (flag()) 0 else register()

    private fun length(): Int = random.nextInt(1, 65)

    private fun constant(length: Int = length()): Constant = Constant.of(*random.nextBytes(length))

    private fun opaque(): Opaque = Opaque.of(*random.nextBytes(random.nextInt(40)))

    private fun family(): AddressFamily = AddressFamily.of(u8())

    private fun u8(): Int = random.nextInt(0x100)

    private fun u16(): Int = random.nextInt(0x10000)

    private fun u32(): Long = pick(listOf(0L, 1L, 0xffff_ffffL, random.nextLong(0x1_0000_0000)))

    private fun flag(): Boolean = random.nextBoolean()

    private fun name(): String = List(random.nextInt(1, 20)) { pick(LETTERS) }.joinToString("")

    private fun text(): String = List(random.nextInt(0, 20)) { pick(LETTERS) }.joinToString("")

    private fun <T> maybe(value: () -> T): T? = if (flag()) value() else null

    private fun <T> pick(values: List<T>): T = values[random.nextInt(values.size)]

    private inline fun <reified E : Enum<E>> any(): E = pick(enumValues<E>().toList())

    private companion object {
        val LETTERS = ('a'..'z') + ('0'..'9') + listOf('_', '%', 'ä', '€', ' ')
        val SHIFTS = listOf(Bitwise.Op.LSHIFT, Bitwise.Op.RSHIFT)
        val LOGIC = listOf(Bitwise.Op.AND, Bitwise.Op.OR, Bitwise.Op.XOR)
    }
}
