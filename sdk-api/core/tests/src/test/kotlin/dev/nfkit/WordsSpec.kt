// SPDX-License-Identifier: Apache-2.0
package dev.nfkit

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.BufferOverflowException
import java.nio.ByteBuffer
import java.nio.ByteOrder

class WordsSpec :
    FunSpec({
        test("an errno is printed as its name and meaning, and an unknown one as its number") {
            Errno.of(-1) shouldBeSameInstanceAs Errno.EPERM
            Errno.EPERM.toString() shouldBe "EPERM (Operation not permitted)"
            Errno.of(-105) shouldBe Errno.ENOBUFS
            Errno.of(999).toString() shouldBe "errno 999 (unknown error)"
            Errno.of(999) shouldBe Errno.of(-999)
        }

        test("families and hooks are unique, and unknown numbers are kept") {
            AddressFamily.of(2) shouldBeSameInstanceAs AddressFamily.IPV4
            AddressFamily.of(77).name() shouldBe "FAMILY_77"
            shouldThrow<IllegalArgumentException> { AddressFamily.of(256) }
        }

        test("a hook's meaning depends on the family") {
            Hook.of(AddressFamily.IPV4, 3) shouldBeSameInstanceAs Hook.LOCAL_OUT
            Hook.of(AddressFamily.BRIDGE, 2) shouldBeSameInstanceAs Hook.FORWARD
            Hook.of(AddressFamily.ARP, 1).name() shouldBe "OUT"
            Hook.of(AddressFamily.NETDEV, 0).name() shouldBe "INGRESS"
            Hook.of(AddressFamily.NETDEV, 9).number() shouldBe 9
            Hook.of(AddressFamily.IPV6, 9).name() shouldBe "HOOK_9"
        }

        test("a refusal's message has the request, the errno, the kernel's text and advice") {
            val refusal =
                KernelRefusedException("bind NFLOG group 5", Errno.EPERM, null, -1, Refusal.UNKNOWN, null)
                    .explained(Refusal.OWNED_BY_ANOTHER, "port 4711 (ulogd, pid 812) owns this group")
            refusal.message shouldBe
                "bind NFLOG group 5: EPERM (Operation not permitted): port 4711 (ulogd, pid 812) owns this group"
            refusal.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
            KernelRefusedException("x", Errno.EINVAL, "bad range", 24, Refusal.UNKNOWN, null).message shouldBe
                "x: EINVAL (Invalid argument): bad range (at byte 24 of the request)"
        }

        test("bytes are read in network order, from zero") {
            val buffer = ByteBuffer.allocateDirect(12)
            for (i in 0 until 12) buffer.put(i, (0xf0 + i).toByte())
            val bytes = BytesView().wrap(buffer, 2, 9)
            bytes.length() shouldBe 9
            bytes.u8(0) shouldBe 0xf2
            bytes.u16(0) shouldBe 0xf2f3
            bytes.u32(1) shouldBe 0xf3f4f5f6L
            bytes.u64(1) shouldBe java.lang.Long.parseUnsignedLong("f3f4f5f6f7f8f9fa", 16)
            bytes.toHex() shouldBe "f2f3f4f5f6f7f8f9fa"
            bytes.slice(7, 2).toHex() shouldBe "f9fa"
            bytes.toByteBuffer().order() shouldBe ByteOrder.BIG_ENDIAN
            bytes.toByteBuffer().remaining() shouldBe 9
        }

        test("bytes outside a view cannot be read, even if the buffer contains them") {
            val bytes = BytesView().wrap(ByteBuffer.allocate(16), 4, 4)
            for (read in listOf<() -> Any>({
                bytes.u8(4)
            }, { bytes.u8(-1) }, { bytes.u16(3) }, { bytes.u32(1) }, { bytes.u64(0) })) {
                shouldThrow<IndexOutOfBoundsException> { read() }
            }
            shouldThrow<IndexOutOfBoundsException> { bytes.copyTo(2, ByteArray(8), 0, 3) }
            shouldThrow<IndexOutOfBoundsException> { bytes.slice(Int.MAX_VALUE, 1) }
            shouldThrow<BufferOverflowException> { bytes.copyTo(ByteBuffer.allocate(3)) }
            shouldThrow<IndexOutOfBoundsException> { BytesView().wrap(ByteBuffer.allocate(4), 2, 3) }
        }

        test("an access to released bytes is reported as such") {
            val bytes = BytesView().wrap(ByteBuffer.allocate(16), 4, 4)
            val copy = bytes.copy()
            bytes.release()
            bytes.length() shouldBe -1
            for (read in listOf<() -> Any>({
                bytes.u8(0)
            }, { bytes.toArray() }, { bytes.toHex() }, { bytes.slice(0, 0) }, { bytes.toByteBuffer() })) {
                shouldThrow<IllegalStateException> { read() }.message shouldContain "borrowed"
            }
            bytes.toString() shouldBe "Bytes(released)"
            copy.length() shouldBe 4
        }
    })
