// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.Schemas
import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.output.TextOutput
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.PrintStream

private val owned =
    KernelRefusedException(
        "bind NFLOG group 5",
        Errno.EPERM,
        null,
        -1,
        Refusal.OWNED_BY_ANOTHER,
        "port 4711 (ulogd, pid 812) owns this group; stop it or take another group",
    )

/** What a failure prints on standard output and standard error. */
private fun printed(
    failure: Failure,
    json: Boolean,
): Pair<String, String> {
    val before = System.err
    val out = ByteArrayOutputStream()
    val err = ByteArrayOutputStream()
    System.setErr(PrintStream(err, true, Charsets.UTF_8))
    TextOutput.redirect(out)
    try {
        FailureReport.print(failure, failure.message!!, json)
    } finally {
        TextOutput.redirect(null)
        System.setErr(before)
    }
    return out.toString(Charsets.UTF_8) to err.toString(Charsets.UTF_8)
}

class FailureReportSpec :
    FunSpec({
        test("the link of the code is below the error") {
            printed(Failure.usage(owned), false) shouldBe
                ("" to "nfkit: ${owned.message}\nnfkit: see docs/TROUBLESHOOTING.md#nfkit-owned (NFKIT-OWNED)\n")
        }

        test("with JSON, the error is an object with the code, too") {
            val (out, err) = printed(Failure.usage(owned), true)
            Examples.check(out.trim())
            err shouldContain "(NFKIT-OWNED)"
        }

        test("a cause has a code, and an error that is not of the SDK has none") {
            printed(Failure.running("x", IOException("y", owned)), false).second shouldContain "(NFKIT-OWNED)"
            val (out, err) = printed(Failure.running(IOException("y")), true)
            err shouldBe "nfkit: y\n"
            Schemas.check(out.trim())
            out shouldNotContain "code\":\"NFKIT"
        }

        test("a command that fails prints the object after its output") {
            val ran = nfkit("rules", "check", "--json", "/no/such")
            ran.code shouldBe 2
            ran.out shouldContain
                "\"message\":\"/no/such: No such file or directory: there is no directory /no\",\"exit_code\":2}"
            val text = nfkit("rules", "check", "/no/such")
            text.out shouldBe ""
            text.err shouldBe "nfkit: /no/such: No such file or directory: there is no directory /no\n"
        }
    })
