// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode

import dev.nfkit.nflog.NflogAttribute
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class PacketShapeSpec :
    FunSpec({
        test("the steady attributes are bits by their codes") {
            fun steady(vararg attributes: NflogAttribute) =
                PacketShape(NflogAttribute::class.java, NflogAttribute.SCHEMA, attributes.toSet()).steady()
            steady() shouldBe 0
            steady(NflogAttribute.PACKET_HDR) shouldBe (1L shl 1)
            steady(NflogAttribute.PREFIX, NflogAttribute.PACKET_HDR) shouldBe ((1L shl 1) or (1L shl 10))
        }

        test("the path of the VLAN names the family's attribute") {
            val shape = PacketShape(NflogAttribute::class.java, NflogAttribute.SCHEMA, emptySet())
            shape.vlan() shouldBe 20
            shape.vlanPath() shouldBe "${NflogAttribute.SCHEMA.name()}/NFULA_VLAN"
        }
    })
