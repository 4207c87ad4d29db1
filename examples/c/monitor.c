/* Prints what MiHome devices send: monitor [--count N] [/dev/spidev0.1]
 *
 *     -50.0 dBm 1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23
 *       04:02:000373  70 type 8 0003  71 type 8 fffe  76 type 0 f9  66 type 2 31f3  73 type 0 00
 *
 * gcc monitor.c $(pkg-config --cflags --libs ehw). Wiring: Energenie ENER314-RT.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ehw.h"

#define ENERGENIE 4
#define ENERGENIE_KEY 0xF2
#define SPI_HZ 4000000
#define POLL_US 5000 /* the board has no interrupt line */

static struct ehw_pins *pins;
static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
	ehw_pins_wake(pins);
}

static int complain(const char *what, int status)
{
	fprintf(stderr, "%s: %s%s%s\n", what, ehw_strerror(status),
		status == EHW_ERR_BUS ? ": " : "", status == EHW_ERR_BUS ? strerror(errno) : "");
	return 1;
}

static int complain_pins(const struct ehw_culprit *culprit, int status)
{
	if (culprit->line == EHW_NOT_WIRED)
		return complain(culprit->node[0] ? culprit->node : "GPIO chip", status);
	fprintf(stderr, "GPIO%d of %s is held by %s\n", culprit->line, culprit->node,
		culprit->consumer);
	return 1;
}

static void print_hex(const uint8_t *bytes, int length)
{
	for (int i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

static void print_message(const struct ehw_message *message)
{
	printf("  %02X:%02X:%06X", message->manufacturer, message->product,
	       (unsigned int)message->sensor);
	for (int i = 0; i < message->count; i++) {
		const struct ehw_record *record = &message->records[i];

		printf("  %s%02X type %X ", record->command ? "set " : "", record->parameter,
		       record->type);
		print_hex(message->plain + record->start, record->end - record->start);
	}
	printf("\n");
}

static void print_frame(const struct ehw_frame *frame)
{
	struct ehw_message message;
	int key = (frame->data[1] & 0x7F) == ENERGENIE ? ENERGENIE_KEY : EHW_PLAIN;
	int status = ehw_decode(frame->data, frame->length, key, &message);

	printf("-%d.%d dBm ", frame->rssi / 2, frame->rssi % 2 * 5);
	print_hex(frame->data, frame->length);
	printf("\n");
	if (status)
		printf("  refused: %s\n", ehw_strerror(status));
	else
		print_message(&message);
	fflush(stdout);
}

/* Until Ctrl-C, or so many frames have come. */
static int monitor(struct ehw_radio *radio, long count)
{
	struct ehw_frame frame;
	int status = ehw_radio_start(radio);

	if (!status)
		status = ehw_radio_receive(radio);
	while (status >= 0 && !stopped && count != 0) {
		status = ehw_radio_poll(radio, &frame);
		if (status == 1) {
			print_frame(&frame);
			count -= count > 0;
		} else if (status == 0) {
			ehw_pins_wait(pins, POLL_US);
		}
	}
	return status < 0 ? complain("radio", status) : 0;
}

/* Everything that was opened is closed again: chip in Standby, LEDs out, lines released. */
static int run(struct ehw_spi *spi, long count)
{
	struct ehw_native native = { spi, pins };
	struct ehw_radio_config config = { .power_dbm = 10, .node_address = ENERGENIE };
	struct ehw_radio *radio;
	struct ehw_bus bus;
	int result;

	ehw_native_bus(&native, &bus);
	if (ehw_radio_open(&bus, &config, &radio))
		return 1;
	ehw_pins_leds(pins, 1, 0);
	result = monitor(radio, count);
	ehw_radio_close(radio);
	return result;
}

int main(int argc, char **argv)
{
	const struct ehw_wiring ener314_rt = { NULL, 25, EHW_NOT_WIRED, 27, 22 };
	const char *device = "/dev/spidev0.1";
	struct sigaction action = { .sa_handler = stop };
	struct ehw_culprit culprit;
	struct ehw_spi *spi = NULL;
	long count = -1;
	int status, result = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
			count = strtol(argv[++i], NULL, 10);
		else
			device = argv[i];
	}
	status = ehw_spi_open(device, SPI_HZ, &spi);
	if (status)
		return complain(device, status);
	status = ehw_pins_open(&ener314_rt, &pins, &culprit);
	if (status) {
		complain_pins(&culprit, status);
	} else {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		result = run(spi, count);
	}
	ehw_pins_close(pins);
	ehw_spi_close(spi);
	return result;
}
