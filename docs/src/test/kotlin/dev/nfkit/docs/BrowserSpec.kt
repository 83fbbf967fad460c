// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs

import io.kotest.assertions.withClue
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldEndWith

/** One of each kind of page, and those that are the widest. */
private val shown =
    mapOf(
        "home" to "index.html",
        "guide" to "guide/testing.html",
        "table" to "guide/architecture.html",
        "source" to "source/samples/testing/java/src/main/java/com/example/egress/EgressFirewall.java.html",
        "packages" to "api/index.html",
        "package" to "api/java/dev/nfkit/nfqueue/package-summary.html",
        "class" to "api/java/dev/nfkit/nfqueue/QueuedPacket.html",
        "kotlin-package" to "api/kotlin/dev.nfkit.coroutines/index.html",
        "kotlin-function" to "api/kotlin/dev.nfkit.coroutines/use-nfqueue.html",
    )

@EnabledIf(SiteMade::class)
class BrowserSpec :
    FunSpec({
        val browser = lazy { Browser() }
        afterSpec { if (browser.isInitialized()) browser.value.close() }

        /** Searches on the page that is open, and returns what is found. */
        fun search(text: String): List<String> {
            val field = browser.value.one("#search")
            field.clear()
            field.sendKeys(text)
            browser.value.await { browser.value.all("#results a").isNotEmpty() }
            return browser.value.all("#results a").map { it.getAttribute("href").orEmpty() }
        }

        for (screen in Screen.entries) {
            val size = screen.name.lowercase()

            test(
                "pages are as wide as a $size, and report nothing on the console",
            ).config(enabledOrReasonIf = needsBrowser) {
                for ((name, page) in shown) {
                    browser.value.open(page, screen)
                    browser.value.screenshot("$size-$name")
                    withClue(page) {
                        browser.value.eval("document.documentElement.scrollWidth") shouldBe screen.width.toLong()
                        browser.value.console().shouldBeEmpty()
                    }
                }
            }

            test("the search finds types and guides on a $size").config(enabledOrReasonIf = needsBrowser) {
                browser.value.open("guide/rules.html", screen)
                search("QueuedPacket").first() shouldEndWith "api/java/dev/nfkit/nfqueue/QueuedPacket.html"
                browser.value.screenshot("$size-search")
                search("reconcile").map { it.substringAfterLast("/site/") } shouldContain
                    "guide/rules.html#check-and-reconcile"
                search("useNfq").first() shouldEndWith "api/kotlin/dev.nfkit.coroutines/use-nfqueue.html"
                browser.value.one("#search").sendKeys("ueue\n")
                browser.value.await { browser.value.eval("document.title") == "useNfqueue · nfkit" }
                browser.value.console().shouldBeEmpty()
            }
        }

        test(
            "the theme is that of the system until the user chooses the other one, which stays",
        ).config(enabledOrReasonIf = needsBrowser) {
            fun ground() = browser.value.eval("getComputedStyle(document.body).backgroundColor")
            browser.value.prefer("dark")
            browser.value.open("guide/rules.html", Screen.DESKTOP)
            val dark = ground()
            browser.value.screenshot("desktop-dark")
            browser.value.open("api/java/dev/nfkit/nflog/NflogSession.html", Screen.PHONE)
            browser.value.screenshot("phone-dark")
            browser.value.one("button.theme").click()
            val light = ground()
            light shouldNotBe dark
            browser.value.open("index.html", Screen.PHONE)
            ground() shouldBe light
            browser.value.one("button.theme").click()
            ground() shouldBe dark
            browser.value.prefer("light")
            browser.value.one("button.theme").click()
            browser.value.console().shouldBeEmpty()
        }

        test("the navigation of a phone opens and closes").config(enabledOrReasonIf = needsBrowser) {
            browser.value.open("api/java/dev/nfkit/nfqueue/QueuedPacket.html", Screen.PHONE)
            val current = browser.value.one("#navigation [aria-current]")
            current.isDisplayed shouldBe false
            browser.value.one("button.menu").click()
            browser.value.await { current.isDisplayed }
            browser.value.await {
                browser.value.eval("getComputedStyle(document.getElementById('navigation')).transform") ==
                    "none"
            }
            browser.value.screenshot("phone-navigation")
            browser.value.one("button.menu").click()
            browser.value.await { !current.isDisplayed }
        }
    })
