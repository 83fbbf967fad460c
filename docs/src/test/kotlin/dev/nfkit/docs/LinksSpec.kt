// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs

import io.kotest.core.annotation.Condition
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.Spec
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import org.jsoup.Jsoup
import org.jsoup.nodes.Document
import java.net.URLDecoder
import java.nio.charset.StandardCharsets
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.io.path.isRegularFile
import kotlin.reflect.KClass
import kotlin.streams.asSequence

internal val site: Path = Path.of("target/site").toAbsolutePath()

/** Whether this build makes the site: -Ddokka.skip=true builds without it. */
internal class SiteMade : Condition {
    override fun evaluate(kclass: KClass<out Spec>): Boolean = !System.getProperty("nfkit.site.skipped").toBoolean()
}

private val elsewhere = Regex("(https?|mailto|data):.*")

/** Only what a check needs of a page, since there are many. */
private class Checked(
    page: Document,
) {
    val anchors: Set<String> =
        page.select("[id]").map { it.id() }.toSet() + page.select("a[name]").map { it.attr("name") }
    val links: List<String> = page.select("a[href]").map { it.attr("href") }
    val loaded: List<String> = page.select("[src]").map { it.attr("src") } + page.select("link").map { it.attr("href") }
    val titles: Int = page.select("h1").size
    val duplicates: Set<String> =
        page
            .select("article [id]")
            .groupingBy { it.id() }
            .eachCount()
            .filterValues { it > 1 }
            .keys
}

@EnabledIf(SiteMade::class)
class LinksSpec :
    FunSpec({
        val pages: Map<Path, Checked> by lazy {
            Files
                .walk(site)
                .use { files -> files.asSequence().filter { it.extension == "html" }.toList() }
                .associateWith { Checked(Jsoup.parse(it)) }
        }

        fun broken(
            page: Path,
            link: String,
        ): Boolean {
            val name = link.substringBefore('#')
            val file = if (name.isEmpty()) page else page.resolveSibling(name).normalize()
            if ('#' !in link) return !file.isRegularFile()
            val anchor = URLDecoder.decode(link.substringAfter('#').replace("+", "%2B"), StandardCharsets.UTF_8)
            return anchor !in pages[file]?.anchors.orEmpty()
        }

        test("the site has guides, the source of examples, and the API of Java and of Kotlin") {
            val parts =
                pages.keys.groupBy {
                    site
                        .relativize(
                            it,
                        ).toString()
                        .substringBeforeLast('/')
                        .substringBefore("/dev")
                }
            for (part in listOf("guide", "project", "api/java", "api/kotlin")) {
                parts[part].orEmpty() shouldHaveAtLeastSize
                    2
            }
            parts.filterKeys { it.startsWith("source/") }.values.flatten() shouldHaveAtLeastSize 10
        }

        test("every link has its page and its anchor") {
            pages
                .flatMap { (page, checked) ->
                    checked.links
                        .filterNot(elsewhere::matches)
                        .filter { broken(page, it) }
                        .map { "${site.relativize(page)}: $it" }
                }.shouldBeEmpty()
        }

        test("pages load nothing from the network, and all that they load exists") {
            pages
                .flatMap { (page, checked) ->
                    checked.loaded
                        .filterNot { it.startsWith("data:") }
                        .filterNot { page.resolveSibling(it).normalize().isRegularFile() }
                        .map { "${site.relativize(page)}: $it" }
                }.shouldBeEmpty()
        }

        test("a page has one title, and each of its anchors once") {
            pages
                .filterValues { it.titles != 1 || it.duplicates.isNotEmpty() }
                .map { (page, checked) ->
                    "${site.relativize(page)}: ${checked.titles} titles, twice ${checked.duplicates}"
                }.shouldBeEmpty()
        }
    })
