// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import com.sun.jna.Native
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.samples.dns.network.Wire
import org.jspecify.annotations.NullMarked
import org.slf4j.LoggerFactory
import org.slf4j.nop.NOPServiceProvider
import org.xbill.DNS.Message
import java.nio.file.Path

private val modulePath =
    listOf(
        DomainBlocker::class,
        NfqueueSession::class,
        LinuxTransport::class,
        Message::class,
        LoggerFactory::class,
        NOPServiceProvider::class,
        Native::class,
        NullMarked::class,
    ).joinToString(":") {
        Path
            .of(
                it.java.protectionDomain.codeSource.location
                    .toURI(),
            ).toString()
    }

/** Starts a program of this module on the filtered host, as a module. */
internal fun Wire.program(
    name: String,
    vararg arguments: String,
): Process {
    val native = if (Runtime.version().feature() >= 24) arrayOf("--enable-native-access=com.sun.jna") else arrayOf()
    return start(*native, "-p", modulePath, "-m", "dev.nfkit.samples.dns/dev.nfkit.samples.dns.$name", *arguments)
}
