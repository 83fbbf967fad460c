// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs

import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import org.openqa.selenium.By
import org.openqa.selenium.OutputType
import org.openqa.selenium.WebElement
import org.openqa.selenium.chrome.ChromeDriver
import org.openqa.selenium.chrome.ChromeDriverService
import org.openqa.selenium.chrome.ChromeOptions
import org.openqa.selenium.logging.LogType
import org.openqa.selenium.logging.LoggingPreferences
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.logging.Level

/** Longer than any step takes: only a failure reaches it. */
private val BOUND: Duration = Duration.ofSeconds(60)

private val screenshots: Path = Path.of("target/screenshots")

private fun program(name: String): File? =
    System
        .getenv("PATH")
        .split(File.pathSeparator)
        .map { File(it, name) }
        .firstOrNull { it.canExecute() }

private val noBrowser: String? by lazy {
    val missing = listOf("chromium", "chromedriver").filter { program(it) == null }
    val reason = if (missing.isEmpty()) null else "not installed: ${missing.joinToString()}"
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

internal val needsBrowser: (TestCase) -> Enabled = {
    noBrowser?.let { reason -> Enabled.disabled(reason) } ?: Enabled.enabled
}

/** The size of a screen, in CSS pixels. */
internal enum class Screen(
    val width: Int,
    val height: Int,
    val mobile: Boolean,
) {
    DESKTOP(1440, 1000, false),
    PHONE(390, 844, true),
}

/** Debian's Chromium without a window, which opens the files of the site. */
internal class Browser : AutoCloseable {
    private val driver: ChromeDriver

    init {
        val log = LoggingPreferences().apply { enable(LogType.BROWSER, Level.ALL) }
        val options =
            ChromeOptions()
                .setBinary(checkNotNull(program("chromium")))
                .addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
                .apply { setCapability("goog:loggingPrefs", log) }
        val service = ChromeDriverService.Builder().usingDriverExecutable(checkNotNull(program("chromedriver"))).build()
        driver = ChromeDriver(service, options)
    }

    fun open(
        page: String,
        screen: Screen,
    ) {
        val metrics =
            mapOf(
                "width" to screen.width,
                "height" to screen.height,
                "deviceScaleFactor" to 1,
                "mobile" to screen.mobile,
            )
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(site.resolve(page).toUri().toString())
        await { driver.executeScript("return document.readyState") == "complete" }
    }

    /** The page's theme as the user's system requests it. */
    fun prefer(theme: String) {
        val feature = mapOf("name" to "prefers-color-scheme", "value" to theme)
        driver.executeCdpCommand("Emulation.setEmulatedMedia", mapOf("features" to listOf(feature)))
    }

    fun all(selector: String): List<WebElement> = driver.findElements(By.cssSelector(selector))

    fun one(selector: String): WebElement = all(selector).single()

    fun eval(script: String): Any? = driver.executeScript("return $script")

    fun await(condition: () -> Boolean) {
        val end = System.nanoTime() + BOUND.toNanos()
        while (!condition()) {
            check(System.nanoTime() < end) { "not within $BOUND: ${driver.currentUrl}" }
            Thread.sleep(20)
        }
    }

    /** What the pages reported on the console since the last call. */
    fun console(): List<String> =
        driver
            .manage()
            .logs()
            .get(LogType.BROWSER)
            .map { "${it.level} ${it.message}" }

    fun screenshot(name: String) {
        Files.createDirectories(screenshots)
        Files.write(screenshots.resolve("$name.png"), driver.getScreenshotAs(OutputType.BYTES))
    }

    override fun close() = driver.quit()
}
