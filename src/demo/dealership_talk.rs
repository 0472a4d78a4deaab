//! What is said between a car dealership and its customers.

use super::script::{Form, Meeting, Part, a, c, template};

/// First questions about a car.
pub(crate) const ENQUIRIES: &[Part] = &[
    Part {
        name: "availability",
        tag: "web",
        visit: None,
        turns: &[
            c("He visto en vuestra web el {item} de {year}. ¿Sigue disponible?|¿Todavía tenéis el {item} del {year} que anunciáis por {price}?|Me interesa el {item} de {year}, ¿lo tenéis en exposición?",
              "I saw the {year} {item} on your website. Is it still available?|Do you still have the {item} from {year} advertised at {price}?|I'm interested in the {year} {item}. Is it at your showroom?"),
            a("Sí, sigue disponible. Tiene {km} km, un solo propietario y está en {branch}. El precio es {price}.|Sí, lo tenemos aquí en {branch}. Son {km} km certificados y sale a {price} con un año de garantía.",
              "Yes, it is. It has {km} km, one owner from new, and it's at our {branch} showroom. The price is {price}.|Yes, it's here in {branch}: {km} km, certified, at {price} with a one-year warranty."),
            c("¿Tiene el libro de mantenimiento al día?|¿Ha tenido algún golpe o reparación importante?", "Does it come with a full service history?|Has it ever been in an accident or had major repairs?"),
            a("Sí, todas las revisiones en servicio oficial. Te paso el informe de la DGT.|Ningún golpe. Te adjunto el informe completo del vehículo.", "Yes, always serviced at an official dealer. I'm sending you the vehicle report.|No accidents at all. Here is the full vehicle report.").form(Form::Document),
            c("Perfecto, lo miro con calma. Gracias.|Genial, muchas gracias.", "Great, I'll have a look. Thanks.|Perfect, thank you."),
        ],
    },
    Part {
        name: "photos",
        tag: "web",
        visit: None,
        turns: &[
            c("¿Me podéis mandar más fotos del {item}? Sobre todo del interior y de las ruedas.|¿Tenéis fotos del maletero y del interior del {item}?", "Could you send me more photos of the {item}? The interior and the tyres mostly.|Do you have pictures of the boot and the interior of the {item}?"),
            a("Claro, ahora mismo te las hago.|Por supuesto, dame cinco minutos y bajo a hacerlas.", "Of course, I'll take them right now.|Sure, give me five minutes and I'll go down and take them."),
            a("Aquí va el interior, está impecable.|Este es el salpicadero, con el cuadro encendido.", "Here's the interior, it's spotless.|This is the dashboard with the engine running.").form(Form::Image),
            a("Y los neumáticos, con 6 mm de dibujo.|Y las ruedas: se cambiaron hace cuatro meses.", "And the tyres, 6 mm of tread left.|And the tyres: they were replaced four months ago.").form(Form::Image),
            c("Se ve muy bien cuidado. ¿El color {color} es el original?|Pues tiene muy buena pinta. ¿La pintura {color} es de fábrica?", "It looks very well kept. Is the {color} paint original?|Looks really good. Is that {color} the factory paint?"),
            a("Sí, pintura original, y la tapicería no tiene ni una marca.|Sí, de fábrica. No se ha repintado ninguna pieza.", "Yes, original paint, and not a mark on the seats.|Yes, factory paint. No panel has been resprayed."),
        ],
    },
    Part {
        name: "price",
        tag: "negotiation",
        visit: None,
        turns: &[
            c("El {item} me encaja, pero {price} se me va un poco. ¿Hay margen?|¿Cuál es el último precio del {item} pagando al contado?", "I like the {item}, but {price} is a bit over my budget. Is there any room?|What's your best price for the {item} if I pay in full?"),
            a("Lo he consultado: financiando con nosotros podríamos dejarlo en {deal_price}, transferencia incluida.|Podemos ajustarlo a {deal_price} e incluimos la transferencia y la revisión.", "I checked: with our finance we could do {deal_price}, transfer fees included.|We can bring it down to {deal_price} and include the transfer and a full service."),
            c("Eso ya me cuadra más. ¿Hasta cuándo mantenéis ese precio?|Me lo pienso esta noche y te digo. ¿Me lo guardas?", "That's more like it. How long does that price hold?|Let me sleep on it. Can you keep it for me?"),
            a("Te lo mantengo 48 horas sin compromiso. Con una señal de {deposit} queda reservado.|Sin problema, hasta el sábado. Si dejas {deposit} de señal lo bloqueo a tu nombre.", "I can hold it for 48 hours, no strings attached. A {deposit} deposit reserves it.|No problem, until Saturday. With a {deposit} deposit I'd put it in your name."),
            c("De acuerdo, te confirmo mañana.|Vale, lo hablo en casa y te cuento.", "All right, I'll let you know tomorrow.|OK, I'll talk it over at home and get back to you."),
        ],
    },
    Part {
        name: "fuel",
        tag: "",
        visit: None,
        turns: &[
            c("Una duda del {item}: siendo {fuel}, ¿qué etiqueta de la DGT lleva? Trabajo en el centro de Valencia.|¿El {item} podrá entrar en la zona de bajas emisiones? Es {fuel}, ¿verdad?", "One question about the {item}: being {fuel}, which DGT emissions badge does it have? I work in Valencia city centre.|Can the {item} enter low-emission zones? It's {fuel}, right?"),
            a("Lleva etiqueta {badge}, así que no tendrás problema para entrar al centro.|Con la etiqueta {badge} puedes circular por la ZBE de Valencia y de Alicante.", "It has the {badge} badge, so you can drive into the centre.|With the {badge} badge you're fine in Valencia's and Alicante's low-emission zones."),
            c("Estupendo. ¿Y el consumo real?|Bien. ¿Y cuánto viene gastando de verdad?", "Great. And what does it really use?|Good. And the real-world consumption?"),
            a("En uso mixto se queda muy cerca de lo homologado. En la prueba lo verás en el ordenador de a bordo.|Depende de cómo conduzcas, pero nuestros clientes están muy contentos con él en ciudad.", "In mixed use it gets very close to the official figure. You'll see it on the trip computer during the test drive.|It depends on how you drive, but our customers are very happy with it around town."),
        ],
    },
];

/// What follows while somebody makes up their mind.
pub(crate) const MIDDLES: &[Part] = &[
    Part {
        name: "test_drive",
        tag: "test_drive",
        visit: Some((Meeting::InPerson, "Prueba de conducción: {item}", "Test drive: {item}")),
        turns: &[
            c("¿Podría ir a probar el {item} esta semana?|Me gustaría hacer una prueba de conducción con el {item}.|¿Se puede probar el {item} antes de decidir?", "Could I come and test drive the {item} this week?|I'd like to book a test drive in the {item}.|Can I try the {item} before deciding?"),
            a("¡Claro! ¿Te viene bien {day} a las {time}?|Por supuesto. Tengo hueco {day} a las {time}, ¿te va bien?", "Of course! Does {day} at {time} work for you?|Sure. I have a slot {day} at {time}, would that suit you?"),
            c("Sí, {day} a las {time} me va perfecto.|Vale, allí estaré {day}.|Perfecto. ¿Tengo que llevar algo?", "Yes, {day} at {time} is perfect.|OK, I'll be there {day}.|Perfect. Do I need to bring anything?"),
            a("Apuntado. Trae el carnet de conducir, por favor; la prueba dura unos 30 minutos.|Reservado a tu nombre. Solo necesitas el carnet de conducir.", "Booked. Please bring your driving licence; the drive takes about 30 minutes.|It's booked in your name. All you need is your driving licence.").books(),
            a("Estamos aquí, junto a la rotonda de entrada a {branch}.|Te paso la ubicación de {branch}.", "This is where we are, by the roundabout as you enter {branch}.|Here is our location in {branch}.").form(Form::Location),
            c("Gracias, nos vemos {day}.|Estupendo, hasta entonces.", "Thanks, see you {day}.|Lovely, see you then."),
        ],
    },
    Part {
        name: "trade_in",
        tag: "trade_in",
        visit: None,
        turns: &[
            c("Tengo un {own_car} y lo quiero dejar como parte de pago. ¿Cuánto me daríais?|¿Cogéis mi {own_car} a cambio?", "I have a {own_car} I'd like to trade in. How much could you offer?|Would you take my {own_car} in part exchange?"),
            a("Sí, hacemos tasación sin compromiso. ¿Me dices kilómetros y si tiene la ITV pasada?|Claro. Necesito los kilómetros y un par de fotos.", "Yes, we value cars free of charge. What's the mileage, and is the ITV up to date?|Of course. I need the mileage and a couple of photos."),
            c("Tiene {own_km} km y la ITV pasada hasta el año que viene.|{own_km} km, la ITV al día y siempre en garaje.", "It's done {own_km} km and the ITV is valid until next year.|{own_km} km, valid ITV, always garaged."),
            c("Así está por fuera, tiene un roce en el paragolpes.|Te mando una foto de esta mañana.", "This is the outside, there's a scratch on the bumper.|Here's a photo from this morning.").form(Form::Image),
            a("Gracias. A falta de verlo en persona, estaríamos en torno a {own_price}.|Con eso te puedo adelantar unos {own_price}, que confirmamos al verlo.", "Thanks. Subject to seeing it, we'd be at around {own_price}.|With that I can give you a first figure of {own_price}, to be confirmed when we see it."),
            c("Esperaba algo más, la verdad. ¿Se puede mejorar?|Me parece razonable.", "I was hoping for a bit more, to be honest. Can you do better?|That sounds reasonable."),
            a("Tráelo y que lo vea el tasador; si está como en la foto, algo más podremos hacer.|Cuando vengas lo mira el taller y cerramos la cifra.", "Bring it in and let our valuer have a look; if it's as good as in the photo we can do a little better.|When you come the workshop will check it and we'll settle the figure."),
        ],
    },
    Part {
        name: "finance",
        tag: "finance",
        visit: None,
        turns: &[
            c("¿Cómo quedaría financiado el {item}? Daría una entrada de {down}.|¿Me puedes calcular la cuota del {item} a {months} meses?", "What would the {item} cost on finance? I'd put down {down}.|Could you work out the monthly payment for the {item} over {months} months?"),
            a("Con {down} de entrada y {months} meses te queda una cuota de {monthly}, TIN 6,95 %.|A {months} meses serían {monthly} al mes con {down} de entrada.", "With {down} down over {months} months it's {monthly} a month, at 6.95 % nominal.|Over {months} months it would be {monthly} a month with {down} down."),
            a("Te adjunto la oferta con el desglose y la TAE.|Aquí tienes la simulación completa en PDF.", "I'm attaching the offer with the breakdown and the APR.|Here's the full calculation as a PDF.").form(Form::Document),
            c("¿Qué documentación hace falta?|¿Puedo cancelar antes sin penalización?", "What paperwork do you need?|Can I pay it off early without a penalty?"),
            a("DNI o NIE, las dos últimas nóminas y un recibo del banco. La respuesta la tenemos en 24 horas.|Sí, la cancelación anticipada es del 0,5 %. Necesitaría tu DNI o NIE y las dos últimas nóminas.", "Your DNI or NIE, your last two payslips and a bank receipt. We get an answer within 24 hours.|Yes, early settlement costs 0.5 %. I'd need your DNI or NIE and your last two payslips."),
            c("Vale, esta tarde te lo mando.|Perfecto, te lo envío por correo.", "OK, I'll send it this afternoon.|Perfect, I'll e-mail it to you."),
        ],
    },
    Part {
        name: "video_tour",
        tag: "test_drive",
        visit: Some((Meeting::Video, "Videollamada: {item}", "Video call: {item}")),
        turns: &[
            c("Vivo lejos y no puedo acercarme todavía. ¿Podríamos ver el {item} por videollamada?|¿Hacéis videollamadas para enseñar el coche? Estoy fuera hasta final de mes.", "I live far away and can't come over yet. Could we look at the {item} on a video call?|Do you do video calls to show the car? I'm away until the end of the month."),
            a("Sí, sin problema. ¿Te llamo {day} a las {time}?|Claro que sí, ¿qué tal {day} a las {time}?", "Yes, no problem. Shall I call you {day} at {time}?|Certainly, how about {day} at {time}?"),
            c("Perfecto, {day} estoy libre.|Me va bien, gracias.", "Perfect, I'm free {day}.|That works, thanks."),
            a("Hecho. Te lo enseño en marcha y damos una vuelta con la cámara.|Quedamos así. Te mandaré el enlace diez minutos antes.", "Done. I'll show it to you running and take the camera for a drive.|It's a date. I'll send you the link ten minutes before.").books(),
        ],
    },
    Part {
        name: "price_drop",
        tag: "negotiation",
        visit: None,
        turns: &[
            template("price_drop"),
            c("Ah, qué bien. ¿Entonces cuánto sería con la transferencia?|Gracias por avisar. ¿Incluye la garantía?", "Oh, nice. How much would that be with the transfer?|Thanks for letting me know. Does that include the warranty?"),
            a("Con transferencia y garantía de 12 meses, {deal_price} en total.|Sí, todo incluido serían {deal_price}.", "With the transfer and a 12-month warranty, {deal_price} in total.|Yes, everything included it would be {deal_price}."),
            c("Déjame que lo mire y te digo algo.|Interesante. Lo comento con mi pareja.", "Let me think about it and I'll tell you.|Interesting. I'll talk to my partner."),
        ],
    },
    Part {
        name: "thinking",
        tag: "",
        visit: None,
        turns: &[
            a("¿Qué tal, {name}? ¿Has podido pensarlo? El {item} está generando bastante interés.|Hola {name}, ¿cómo lo ves? Si te queda alguna duda del {item}, dime.", "Hi {name}, have you had time to think it over? There's quite some interest in the {item}.|Hello {name}, what do you think? If you have any questions about the {item}, just ask."),
            c("Sigo mirando otras opciones, pero me gusta. Os digo algo la semana que viene.|Al final vamos a esperar un par de meses. Gracias por todo.", "I'm still looking at other options, but I like it. I'll let you know next week.|We've decided to wait a couple of months. Thanks for everything."),
            a("Sin prisa. Aquí me tienes para lo que necesites.|Claro, lo entiendo. Te aviso si entra algo parecido.", "No rush. I'm here if you need anything.|I understand. I'll let you know if something similar comes in."),
        ],
    },
];

/// From the handshake to the keys.
pub(crate) const CLOSINGS: &[Part] = &[
    Part {
        name: "reserve",
        tag: "negotiation",
        visit: None,
        turns: &[
            c("Me lo quedo. ¿Cómo hago la señal del {item}?|Decidido, quiero reservar el {item}.", "I'll take it. How do I pay the deposit for the {item}?|I've decided, I'd like to reserve the {item}."),
            a("¡Enhorabuena! Son {deposit} de señal por transferencia. Te mando el contrato de reserva.|¡Qué buena noticia! Te adjunto la reserva; con {deposit} queda a tu nombre.", "Congratulations! It's a {deposit} deposit by bank transfer. I'm sending you the reservation contract.|Great news! Here's the reservation; {deposit} puts it in your name.").form(Form::Document),
            c("Transferencia hecha, te paso el justificante.|Listo, ya está pagado.", "Transfer done, here's the receipt.|There you go, it's paid.").form(Form::Document),
            a("Recibido, gracias. El {item} ya figura como reservado.|Perfecto, ya lo tengo. Empezamos con los papeles.", "Received, thank you. The {item} is now marked as reserved.|Got it. We'll get started on the paperwork."),
        ],
    },
    Part {
        name: "paperwork",
        tag: "",
        visit: None,
        turns: &[
            a("Para el cambio de titularidad necesito el DNI o NIE por las dos caras y el empadronamiento.|¿Me puedes mandar tu DNI o NIE y un recibo domiciliado? Es para Tráfico.", "For the change of ownership I need your DNI or NIE, both sides, and proof of address.|Could you send me your DNI or NIE and a utility bill? It's for the traffic authority.").later(),
            c("Te lo mando ahora en una foto.|Aquí está todo.", "I'm sending you a photo now.|Here's everything.").form(Form::Image),
            a("Perfecto, se ve bien. La gestoría tarda unos tres días.|Gracias, ya está en la gestoría.", "Perfect, it's legible. The agency takes about three days.|Thanks, it's with the agency now."),
            c("¿El seguro lo tengo que contratar yo antes?|Genial. ¿Y el seguro?", "Do I need to arrange insurance beforehand?|Great. And the insurance?"),
            a("Sí, con la matrícula ya puedes contratarlo; si quieres te pasamos tres presupuestos.|Lo puedes hacer tú o te lo gestionamos nosotros, como prefieras.", "Yes, you can take it out with the number plate; we can get you three quotes if you like.|You can do it yourself or we arrange it for you, as you prefer."),
        ],
    },
    Part {
        name: "delivery",
        tag: "",
        visit: Some((Meeting::InPerson, "Entrega: {item}", "Handover: {item}")),
        turns: &[
            template("car_ready"),
            c("¡Qué ganas! ¿Cuándo puedo ir a por él?|¡Perfecto! ¿A qué hora puedo pasar?", "Can't wait! When can I collect it?|Perfect! What time can I come?"),
            a("¿{Day} a las {time} te va bien? Lo tendremos lavado y con el depósito lleno.|Te lo preparamos para {day} a las {time}.", "Is {day} at {time} good? It'll be washed and the tank full.|We'll have it ready for {day} at {time}."),
            c("Allí estaré. ¡Gracias!|Perfecto, iré con mi pareja.", "I'll be there. Thanks!|Perfect, I'm coming with my partner."),
            a("Pues quedamos así. La entrega dura una hora y te explicamos todo el coche.|Apuntado. Trae el DNI o NIE y la llave de tu coche si lo dejas a cambio.", "That's settled. The handover takes an hour and we'll go through the whole car.|Noted. Bring your DNI or NIE, and your car's keys if you're trading it in.").books(),
        ],
    },
];

/// What customers write after they have bought.
pub(crate) const AFTERWARDS: &[Part] = &[
    Part {
        name: "service",
        tag: "workshop",
        visit: Some((Meeting::InPerson, "Revisión en taller", "Workshop service")),
        turns: &[
            c("Me toca la revisión del coche. ¿Cuándo me podríais dar cita en el taller?|Me ha salido el aviso de mantenimiento. ¿Tenéis hueco en el taller?", "My car is due for a service. When could the workshop take it?|The service light came on. Do you have a slot in the workshop?"),
            a("Te puedo dar cita {day} a las {time}. Es aceite, filtros y niveles: 189 € con IVA.|Tenemos hueco {day} a las {time}. Sobre dos horas de trabajo.", "I can offer you {day} at {time}. Oil, filters and fluids: €189 including VAT.|There's a slot {day} at {time}. It takes about two hours."),
            c("Bien. ¿Hay coche de cortesía?|Me va bien. ¿Puedo esperar allí?", "Good. Is there a courtesy car?|That works. Can I wait there?"),
            a("Sí, te reservo uno. Anotado para {day} a las {time}.|Sí, tenemos sala de espera con wifi. Quedas apuntado.", "Yes, I'll book one for you. See you {day} at {time}.|Yes, there's a waiting room with Wi-Fi. You're booked in.").books(),
            c("Muchas gracias.|Perfecto, hasta {day}.", "Thank you very much.|Perfect, see you {day}."),
        ],
    },
    Part {
        name: "warranty",
        tag: "complaint",
        visit: None,
        turns: &[
            c("Compré el coche con vosotros y desde ayer hace un ruido raro delante al girar. ¿Lo cubre la garantía?|Se me ha encendido el testigo del motor y el coche lo compré con vosotros. ¿Qué hago?", "I bought my car from you and since yesterday it makes an odd noise at the front when turning. Is it covered?|The engine warning light came on; I bought the car from you. What should I do?"),
            c("Este es el ruido.|Os lo explico en un audio, que voy andando.", "This is the noise.|Here's a voice message, I'm on foot.").form(Form::Audio),
            a("Vaya, lo siento. Sí, está en garantía. No fuerces el coche; te abrimos orden de taller.|Lamento la molestia. Lo cubre la garantía, tráelo en cuanto puedas y lo miramos.", "I'm sorry to hear that. Yes, it's under warranty. Don't push it; we'll open a workshop order.|Sorry for the trouble. It's covered, bring it in as soon as you can."),
            c("¿Puedo circular con él hasta entonces?|Lo necesito para ir a trabajar, me hace polvo.", "Can I drive it until then?|I need it to get to work, this is really inconvenient."),
            a("Despacio y trayectos cortos, sí. Si prefieres, mandamos la grúa sin coste.|Te dejamos uno de sustitución mientras dure la reparación.", "Slowly and for short trips, yes. If you prefer, we'll send the tow truck free of charge.|We'll lend you a car for as long as the repair takes."),
            a("Ya tenemos el diagnóstico: era la copela del amortiguador. Mañana estará listo, sin cargo.|Reparado. Era un sensor; ya puedes venir a por él, no tienes que pagar nada.", "We've found it: the top mount of the shock absorber. It'll be ready tomorrow, free of charge.|Fixed. It was a sensor; you can come and get it, nothing to pay.").later(),
            c("Muchas gracias por la rapidez.|Menos mal. Gracias.", "Thanks for being so quick.|What a relief. Thank you."),
        ],
    },
    Part {
        name: "itv",
        tag: "workshop",
        visit: None,
        turns: &[
            template("itv_reminder"),
            c("Gracias por recordármelo. ¿La pasáis vosotros?|Se me había olvidado. ¿Cuánto cuesta si la lleváis vosotros?", "Thanks for the reminder. Can you take it there for me?|I'd forgotten. How much if you take care of it?"),
            a("Sí: pre-ITV y gestión por 59 €, tasas aparte.|Sí, lo recogemos y te lo devolvemos el mismo día por 79 €, tasas incluidas.", "Yes: pre-check and handling for €59 plus fees.|Yes, we collect it and return it the same day for €79, fees included."),
            c("Pues me interesa, la semana que viene mejor.|De acuerdo, luego te digo qué día.", "I'd like that, next week would be better.|OK, I'll tell you which day later."),
        ],
    },
    Part {
        name: "review",
        tag: "",
        visit: None,
        turns: &[
            template("review_request"),
            c("Muy contentos con el coche y con el trato. ¡Un 10!|Todo bien, aunque la entrega se retrasó un par de días.", "Very happy with the car and with you. Ten out of ten!|All good, although the handover was a couple of days late."),
            a("¡Muchas gracias, {name}! Nos alegra un montón.|Gracias por decírnoslo, {name}. Tomamos nota para mejorar.", "Thank you so much, {name}! That makes our day.|Thanks for telling us, {name}. We'll do better."),
        ],
    },
];
