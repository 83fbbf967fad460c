// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.Netlink
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.nio.file.Files
import java.nio.file.Path
import java.util.Properties
import kotlin.io.path.exists
import kotlin.io.path.isDirectory
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.reader

/** The first Java with a final `java.lang.foreign`. */
private const val FOREIGN_SINCE = 22

/** The first Java with `--illegal-native-access`. */
private const val DENIAL_SINCE = 24

/** A newer Java on this machine: that of `-Dnfkit.newer.java`, or one in the usual directory; null if there is none. */
private val newerJava: Path? by lazy {
    val named = System.getProperty("nfkit.newer.java")?.let { listOf(Path.of(it)) }
    val usual = Path.of("/usr/lib/jvm")
    (named ?: if (usual.isDirectory()) usual.listDirectoryEntries().sorted() else emptyList())
        .filter { it.resolve("bin/java").exists() && feature(it) >= FOREIGN_SINCE }
        .map { it.resolve("bin/java") }
        .firstOrNull()
}

private fun feature(home: Path): Int {
    val release = home.resolve("release")
    if (!Files.isReadable(release)) return 0
    val version = release.reader().use { Properties().apply { load(it) } }.getProperty("JAVA_VERSION", "0")
    return version.trim('"').substringBefore('.').toIntOrNull() ?: 0
}

private val noDenial: String? =
    newerJava?.let { java ->
        val feature = feature(java.parent.parent)
        if (feature < DENIAL_SINCE) "Java $feature cannot deny native access" else null
    }

/** Runs the specs of sockets, or another main class, in a newer Java. Returns its output. */
private fun inNewerJava(
    vararg options: String,
    main: List<String> = listOf(SocketSpecs::class.java.name),
): List<String> =
    run(
        newerJava.toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dnfkit.live=${System.getProperty("nfkit.live", "auto")}",
        *options,
        "-cp",
        System.getProperty("java.class.path"),
        *main.toTypedArray(),
    ).lines()

private fun probe(scenario: String) = listOf(ThreadsProbe::class.java.name, scenario)

class NativeCallsSpec :
    FunSpec({
        val newer =
            if (newerJava ==
                null
            ) {
                "no Java from $FOREIGN_SINCE on in /usr/lib/jvm; -Dnfkit.newer.java names one"
            } else {
                null
            }

        test("this Java makes its calls by JNA, or by FFM if that is permitted") {
            val may = ForeignLinker.permitted()
            Machine.require()
            LibC.way() shouldBe if (may) "FFM" else "JNA"
            if (Runtime.version().feature() < FOREIGN_SINCE) may shouldBe false
        }

        test("a newer Java that is permitted native access calls by FFM, and sockets satisfy their contract")
            .config(enabledOrReasonIf = { Live.enabled(newer ?: Live.noNetAdmin) }) {
                val lines = inNewerJava("--enable-native-access=ALL-UNNAMED")
                lines shouldContain "calls by FFM"
                lines shouldContain "JNA loaded: false"
                lines.filter { it.startsWith("FAILED") } shouldHaveSize 0
                lines.single { it.startsWith("passed ") }.substringAfter(' ').toInt() shouldBeGreaterThan 40
            }

        test("a newer Java without that permission uses JNA")
            .config(enabledOrReasonIf = { Live.enabled(newer ?: Live.noNetAdmin) }) {
                val lines = inNewerJava("-Dnfkit.specs=none")
                lines shouldContain "calls by JNA"
                lines shouldContain "JNA loaded: true"
            }

        test("a Java that denies native access reports how to permit it")
            .config(enabledOrReasonIf = { Live.enabled(newer ?: noDenial) }) {
                val lines = inNewerJava("--illegal-native-access=deny", main = listOf(Probe::class.java.name, "open"))
                val reported = lines.filter { it.startsWith("load") }
                reported shouldHaveSize 2
                for (line in reported) {
                    line shouldContain "this JVM denies native access"
                    line shouldContain "--enable-native-access=ALL-UNNAMED"
                    line shouldNotContain "jna.tmpdir"
                }
            }

        test("a virtual thread that receives leaves its carrier to other virtual threads")
            .config(enabledOrReasonIf = { Live.enabled(newer ?: Live.noNetAdmin) }) {
                for (access in listOf("--enable-native-access=ALL-UNNAMED", "-Dnfkit.access=none")) {
                    val lines =
                        inNewerJava(
                            access,
                            "-Djdk.virtualThreadScheduler.parallelism=1",
                            "-Djdk.virtualThreadScheduler.maxPoolSize=1",
                            main = probe("carrier"),
                        )
                    lines shouldContain "received 0"
                }
            }

        test("the memory of a thread's calls by FFM is freed after its end")
            .config(enabledOrReasonIf = { Live.enabled(newer ?: Live.noNetAdmin) }) {
                val lines =
                    inNewerJava(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:MaxDirectMemorySize=1m",
                        main = probe("memory"),
                    )
                lines shouldContain "calls by FFM"
                lines shouldContain "refused all"
            }

        test("the error of a call is that of the call, on the calling thread")
            .config(enabledOrReasonIf = needsNetAdmin) {
                LinuxTransport.current().open(Netlink.NETLINK_NETFILTER).use { socket ->
                    val problem =
                        shouldThrow<SystemCallException> { socket.set(SocketOption.ADD_MEMBERSHIP, 4711) }
                    problem.errno() shouldBe Errno.EINVAL
                }
                Machine.require()
                LibC.read(-1, 0, 0) shouldBe -1
                Machine.errno() shouldBe Errno.EBADF
            }
    })
