// SPDX-License-Identifier: Apache-2.0
package dev.nfkit

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream

private fun <T> copied(value: T): Any {
    val bytes = ByteArrayOutputStream()
    ObjectOutputStream(bytes).use { it.writeObject(value) }
    return ObjectInputStream(ByteArrayInputStream(bytes.toByteArray())).use { it.readObject() }
}

class SerializedErrorsSpec :
    FunSpec({
        test("an error that is sent to another JVM keeps its message and its error number") {
            val refused =
                KernelRefusedException("bind NFLOG group 5", Errno.EPERM, null, -1, Refusal.OWNED_BY_ANOTHER, "stop it")
            val failed = SystemCallException("socket", Errno.EMFILE, null)
            copied(refused).shouldBeInstanceOf<KernelRefusedException>().errno() shouldBe Errno.EPERM
            copied(refused).shouldBeInstanceOf<KernelRefusedException>().message shouldBe refused.message
            copied(failed).shouldBeInstanceOf<SystemCallException>().errno() shouldBe Errno.EMFILE
        }
    })
