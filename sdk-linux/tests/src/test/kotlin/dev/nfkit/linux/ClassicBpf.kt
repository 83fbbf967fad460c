// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.linux.FilterProgram.Instruction
import java.nio.ByteOrder

/** Runs a program of classic BPF as the kernel does ({@code bpf_check_classic} and the interpreter of socket filters). */
internal class ClassicBpf(
    private val program: List<Instruction>,
    private val order: ByteOrder,
) {
    init {
        check(program.size in 1..4096) { "${program.size} instructions" }
        check(program.last().code() == Abi.BPF_RET_K) { "the last instruction does not return" }
        program.forEachIndexed { place, instruction ->
            val left = program.size - place - 1
            when (instruction.code()) {
                Abi.BPF_JMP_JA -> {
                    check(instruction.operand() in 0 until left) { "jump out at $place" }
                }

                Abi.BPF_JMP_JEQ_K, Abi.BPF_JMP_JGT_K, Abi.BPF_JMP_JGE_K -> {
                    check(
                        instruction.jumpTrue() in 0..255 && instruction.jumpFalse() in 0..255 &&
                            maxOf(instruction.jumpTrue(), instruction.jumpFalse()) < left,
                    ) { "jump out at $place" }
                }
            }
        }
    }

    /** The number of bytes of the packet that the program keeps: 0 drops it. */
    fun run(packet: ByteArray): Long {
        var a = 0L
        var x = 0L
        var place = 0
        while (true) {
            val instruction = program[place++]
            val k = Integer.toUnsignedLong(instruction.operand())

            fun load(
                from: Long,
                width: Int,
            ): Boolean {
                if (from + width > packet.size) return false
                a =
                    (0 until width).fold(0L) { number, i ->
                        number shl 8 or
                            (packet[(from + i).toInt()].toLong() and 0xff)
                    }
                return true
            }

            fun jump(condition: Boolean) {
                place += if (condition) instruction.jumpTrue() else instruction.jumpFalse()
            }
            when (instruction.code()) {
                Abi.BPF_LD_IMM -> {
                    a = k
                }

                Abi.BPF_LDX_IMM -> {
                    x = k
                }

                Abi.BPF_LD_W_LEN -> {
                    a = packet.size.toLong()
                }

                Abi.BPF_LD_W_ABS -> {
                    when (instruction.operand()) {
                        Abi.SKF_AD_OFF + Abi.SKF_AD_NLATTR -> a = find(packet, a, packet.size.toLong(), x)
                        Abi.SKF_AD_OFF + Abi.SKF_AD_NLATTR_NEST -> a = findNested(packet, a, x)
                        else -> if (!load(k, 4)) return 0
                    }
                }

                Abi.BPF_LD_H_ABS -> {
                    if (!load(k, 2)) return 0
                }

                Abi.BPF_LD_B_ABS -> {
                    if (!load(k, 1)) return 0
                }

                Abi.BPF_LD_W_IND -> {
                    if (!load(x + k, 4)) return 0
                }

                Abi.BPF_LD_H_IND -> {
                    if (!load(x + k, 2)) return 0
                }

                Abi.BPF_LD_B_IND -> {
                    if (!load(x + k, 1)) return 0
                }

                Abi.BPF_ALU_AND_K -> {
                    a = a and k
                }

                Abi.BPF_JMP_JA -> {
                    place += instruction.operand()
                }

                Abi.BPF_JMP_JEQ_K -> {
                    jump(a == k)
                }

                Abi.BPF_JMP_JGT_K -> {
                    jump(a > k)
                }

                Abi.BPF_JMP_JGE_K -> {
                    jump(a >= k)
                }

                Abi.BPF_RET_K -> {
                    return k
                }

                Abi.BPF_MISC_TAX -> {
                    x = a
                }

                else -> {
                    error("unknown instruction $instruction")
                }
            }
        }
    }

    private fun u16(
        packet: ByteArray,
        at: Long,
    ): Int {
        val first = packet[at.toInt()].toInt() and 0xff
        val second = packet[at.toInt() + 1].toInt() and 0xff
        return if (order == ByteOrder.BIG_ENDIAN) first shl 8 or second else second shl 8 or first
    }

    private fun sound(
        packet: ByteArray,
        at: Long,
        end: Long,
    ) = end - at >= 4 && u16(packet, at) >= 4 && u16(packet, at) <= end - at

    private fun find(
        packet: ByteArray,
        from: Long,
        end: Long,
        code: Long,
    ): Long {
        var at = from
        while (sound(packet, at, end)) {
            if (u16(packet, at + 2).toLong() and 0x3fff == code) return at
            at += (u16(packet, at) + 3) / 4 * 4
        }
        return 0
    }

    private fun findNested(
        packet: ByteArray,
        nest: Long,
        code: Long,
    ): Long =
        if (sound(packet, nest, packet.size.toLong())) find(packet, nest + 4, nest + u16(packet, nest), code) else 0
}
