// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import org.xbill.DNS.AAAARecord
import org.xbill.DNS.ARecord
import org.xbill.DNS.Address
import org.xbill.DNS.CNAMERecord
import org.xbill.DNS.DClass
import org.xbill.DNS.Flags
import org.xbill.DNS.Message
import org.xbill.DNS.Name
import org.xbill.DNS.Record
import org.xbill.DNS.Section
import org.xbill.DNS.Type

fun name(text: String): Name = Name.fromString(text, Name.root)

fun query(
    name: String,
    type: Int = Type.A,
): Message = Message.newQuery(Record.newRecord(name(name), type, DClass.IN))

fun answer(
    question: String,
    vararg records: Record,
): Message =
    query(question).apply {
        header.setFlag(Flags.QR.toInt())
        records.forEach { addRecord(it, Section.ANSWER) }
    }

fun address(
    name: String,
    literal: String,
    ttl: Long = 60,
): Record {
    val address = Address.getByAddress(literal)
    return if (address.address.size == 4) {
        ARecord(name(name), DClass.IN, ttl, address)
    } else {
        AAAARecord(name(name), DClass.IN, ttl, address)
    }
}

fun alias(
    name: String,
    target: String,
    ttl: Long = 60,
): Record = CNAMERecord(name(name), DClass.IN, ttl, name(target))
