// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.BytesView
import dev.nfkit.coroutines.useNflog
import dev.nfkit.kotlin.toByteArray
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.packet.IpSummary
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.runBlocking
import org.xbill.DNS.Message
import org.xbill.DNS.Section

/** The names that this machine resolves, with their answers. */
public fun NetlinkTransport.resolvedNames(): Flow<String> =
    flow {
        useNflog({
            group(30)
            rule("udp sport 53")
        }) {
            packets.collect { packet ->
                val data = BytesView()
                if (IpSummary().run { wrap(packet.payload()) && payload(data) }) {
                    val answer = Message(data.toByteArray())
                    emit(
                        "${answer.question.name}: ${answer.getSection(
                            Section.ANSWER,
                        ).joinToString { it.rdataToString() }}",
                    )
                }
            }
        }
    }

public fun main(): Unit = runBlocking { LinuxTransport.current().resolvedNames().collect(::println) }
