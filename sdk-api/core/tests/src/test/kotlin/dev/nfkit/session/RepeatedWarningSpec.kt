// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly

class RepeatedWarningSpec :
    FunSpec({
        test("within a minute a line is due whenever the count has reached the next power of two") {
            val warning = RepeatedWarning()
            List(9) { warning.count(1) } shouldContainExactly listOf<Long>(1, 2, 0, 4, 0, 0, 0, 8, 0)
            List(4) { warning.count(9) } shouldContainExactly listOf<Long>(18, 0, 36, 0)
        }

        test("the first line is due at once, however large the number is") {
            val warning = RepeatedWarning()
            listOf<Long>(1000, 23, 1, 1000).map { warning.count(it) } shouldContainExactly
                listOf<Long>(1000, 0, 1024, 0)
        }
    })
