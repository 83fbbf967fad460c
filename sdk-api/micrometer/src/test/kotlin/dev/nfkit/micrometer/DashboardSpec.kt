// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import tools.jackson.databind.JsonNode
import tools.jackson.databind.ObjectMapper
import java.nio.file.Path
import kotlin.io.path.readText

private val dashboard: JsonNode = ObjectMapper().readTree(Path.of("../../docs/grafana/nfkit.json").readText())

private val panels = dashboard["panels"].toList()

private val queries = panels.flatMap { panel -> panel["targets"].toList().map { it["expr"].asString() } }

private val label = Regex("(\\w+)=")

/** The labels by which a query groups. */
private val grouping = Regex("(?:by|on) \\(([^)]*)\\)")

/** The metrics that Prometheus gets, and their labels. */
private fun scraped(): Map<String, Set<String>> {
    val registry = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
    return AllMeters().use { all ->
        all.bindTo(registry)
        Regex("(?m)^(nfkit_\\w+)\\{([^}]*)\\} \\S+$")
            .findAll(registry.scrape())
            .groupBy(
                { it.groupValues[1] },
            ) { row -> label.findAll(row.groupValues[2]).map { it.groupValues[1] }.toSet() }
            .mapValues { (_, labels) -> labels.reduce(Set<String>::plus) }
    }
}

class DashboardSpec :
    FunSpec({
        test("each metric of the dashboard is one that Prometheus gets, with the labels that its query names") {
            val metrics = scraped()
            queries.size shouldBeGreaterThan 20
            for (query in queries) {
                withClue(query) {
                    val names = Regex("nfkit_\\w+").findAll(query).map { it.value }.toList()
                    names.size shouldBeGreaterThan 0
                    names.forEach { it shouldBeIn metrics.keys }
                    val labels = grouping.findAll(query).flatMap { it.groupValues[1].split(", ") }.toSet()
                    names.forEach { metrics.getValue(it) shouldContainAll labels + "session" }
                }
            }
        }

        test("each panel has a title, a description, a unit and a place of its own") {
            panels.map { it["id"].asInt() }.toSet().size shouldBe panels.size
            panels.map { it["gridPos"].toString() }.toSet().size shouldBe panels.size
            for (panel in panels) {
                panel["title"].asString().isNotBlank() shouldBe true
                panel["description"].asString().isNotBlank() shouldBe true
                panel["fieldConfig"]["defaults"]["unit"].asString().isNotBlank() shouldBe true
            }
        }

        test("the dashboard takes data source and sessions from variables") {
            val variables = dashboard["templating"]["list"].toList().map { it["name"].asString() }
            variables shouldBe listOf("datasource", "session")
            queries.forEach { it shouldContain "session=~\"\$session\"" }
        }
    })
