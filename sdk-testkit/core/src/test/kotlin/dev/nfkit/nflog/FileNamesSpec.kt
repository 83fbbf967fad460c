// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.file.Path
import java.time.LocalDateTime

class FileNamesSpec :
    FunSpec({
        test("names have the format of dumpcap") {
            val time = LocalDateTime.of(2026, 11, 20, 22, 33, 44)
            FileNames.numbered(Path.of("/x/out.pcapng"), 1, time) shouldBe Path.of("/x/out_00001_20261120223344.pcapng")
            FileNames.numbered(Path.of("a.b/out"), 12, time) shouldBe Path.of("a.b/out_00012_20261120223344")
            FileNames.numbered(Path.of(".hidden"), 1, time) shouldBe Path.of(".hidden_00001_20261120223344")
        }
    })
